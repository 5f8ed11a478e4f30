package chat_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"tuanbot/handlers/chat/chattest"
	"tuanbot/storage/storagetest/engines"
)

// Neighbours paste the same list at the same moment, each with a line of their own in the same place, while others order in
// words: nobody is written down twice, and nobody is lost. All messages come twice.
func TestListsPastedAtOnce(t *testing.T) {
	t.Parallel()
	setup := []string{
		"clock 2026-05-01 19:35", "group 业主群@web", "leader 王团长@web#业主群", "merchant 老李@web",
		"deal 王团长@web#业主群: 葡萄 2斤装 29.9元 今晚10点截止 3号楼大厅自提",
	}
	var said []string
	want := map[string]int64{"老周": 2, "王姐": 1}
	for i := range 6 {
		said = append(said, fmt.Sprintf(`邻居%c@web#业主群: #接龙\n葡萄\n\n1. 老周 2份\n2. 王姐 1份\n3. 邻居%c %d份（要熟的）`, 'A'+i, 'A'+i, i+1))
		want[fmt.Sprintf("邻居%c", 'A'+i)] = int64(i + 1)
		said = append(said, fmt.Sprintf(`海燕%c@web#业主群: +%d`, 'A'+i, i+1))
		want[fmt.Sprintf("海燕%c", 'A'+i)] = int64(i + 1)
	}
	check := func(t *testing.T, pairs ...engines.Pair) {
		t.Helper()
		got, answers := chattest.Rush(t, setup, said, pairs...)
		if !maps.Equal(got, want) {
			t.Errorf("ordered %v, want %v\n%s", got, want, strings.Join(answers, "\n--\n"))
		}
	}
	engines.Each(t, func(t *testing.T, p engines.Pair) {
		t.Helper()
		check(t, p)
	})
	t.Run("two copies", func(t *testing.T) {
		t.Parallel()
		if !engines.Has(t) {
			return
		}
		p := engines.MariaDB(t)
		check(t, p, p.Again(t))
	})
}
