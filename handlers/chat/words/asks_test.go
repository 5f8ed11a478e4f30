package words_test

import (
	"strings"
	"testing"

	"tuanbot/handlers/chat/words"
)

// TestAsks: what people ask the bot, and which fact answers it.
func TestAsks(t *testing.T) {
	t.Parallel()
	for want, texts := range map[words.Topic][]string{
		words.TopicHello:   {"你好", "您好！", "在吗？", "有人吗", "早上好呀", "Hi", "hello!", "嗨嗨", "anyone there?"},
		words.TopicThanks:  {"谢谢", "谢谢团长", "好的，谢谢！", "辛苦了～", "thanks a lot", "ty", "多謝"},
		words.TopicFine:    {"好的", "好", "嗯嗯", "收到", "知道了", "OK", "👌", "行吧", "got it", "可以"},
		words.TopicOrders:  {"我订了几份？", "我买了什么", "我报上了吗", "我下单了没", "退款什么时候到账", "钱退了吗", "我的单呢", "did I order?", "where is my refund"},
		words.TopicLeaving: {"能退吗", "可以取消吗？", "怎么退", "不想要了可以吗", "买错了怎么办", "可以退款吗", "can I cancel?", "how do I get a refund", "请问可不可以退"},
		words.TopicPaying:  {"怎么付钱", "什么时候付款？", "能微信付吗", "要先转账吗", "how do I pay", "can I pay cash?", "货到付款吗"},
		words.TopicClosing: {"几点截止", "什么时候截单？", "还能参加吗", "现在还来得及吗", "到几点为止", "when does it close?", "am I too late", "最晚什么时候前下单"},
		words.TopicPrice:   {"多少钱一份", "葡萄怎么卖", "几块钱一斤？", "什么价", "how much is it?", "What's the price", "多少錢", "有没有优惠"},
		words.TopicDeals:   {"现在有什么团", "有啥团", "今天团什么", "还有别的团吗", "有团吗", "what's on?", "any deals today", "在卖什么"},
		words.TopicPickup:  {"什么时候能拿到货？", "几点取货", "在哪拿", "地址在哪", "到货了吗", "怎么取", "送到家吗", "when will it arrive?", "where do I pick it up", "哪天能到", "什麼時候到貨", "包邮吗"},
		words.TopicLeft:    {"还有吗", "还有货吗？", "还剩多少", "卖完了吗", "成了吗", "还差多少人", "any left?", "is it on?", "够了没"},
		words.TopicLeader:  {"团长是谁", "联系团长", "转人工", "客服在吗", "who is the leader", "I want a real person"},
		words.TopicOther:   {"甜不甜？", "这个是哪里产的", "有籽吗", "可以放几天", "is it organic?", "会不会坏", "where is it from?"},
		words.TopicNone:    {"今天天气不错", "下班了", "哈哈哈", "nice weather", ""},
	} {
		for _, text := range texts {
			if got := words.Asks(text); got != want {
				t.Errorf("Asks(%q) = %d, want %d", text, got, want)
			}
		}
	}
	if got := words.Asks(strings.Repeat("多少钱", 30_000)); got != words.TopicNone {
		t.Errorf("a text of 270 KB is about %d", got)
	}
}
