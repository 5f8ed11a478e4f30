package telegram

import (
	"context"
	"fmt"
	"time"

	api "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"tuanbot/bot"
)

// checkoutTime is what the side that takes payments has to decide in; Telegram waits 10 s.
const checkoutTime = 8 * time.Second

// Telegram's sizes of an invoice.
const (
	maxInvoiceTitle   = 32
	maxInvoiceText    = 255
	maxInvoicePayload = 128 // bytes
)

// Checkout is a person who is about to pay inside Telegram.
type Checkout struct {
	Person   string // external id
	Lang     string
	Payload  string // what the invoice carried; the person does not see it
	Currency string
	Total    int64 // in the currency's smallest unit
}

// Paid is money that has moved inside Telegram. Charge is its key: the same payment is never told under two.
type Paid struct {
	Checkout
	Charge   string // telegram_payment_charge_id
	Provider string // provider_payment_charge_id
	At       time.Time
}

// Invoices is the side that takes payments.
type Invoices interface {
	// Checkout reserves and says yes by "", or no by kind words for the person. An error is a no with words of our own.
	Checkout(ctx context.Context, c Checkout) (no string, err error)
	// Settle writes a payment down, once however often it is told. An error makes Telegram tell it again.
	Settle(ctx context.Context, p Paid) error
}

// Invoice asks a person for money inside Telegram.
type Invoice struct {
	Title, Text string
	Payload     string // up to 128 bytes, comes back with the payment
	Provider    string // provider token from BotFather; "" only for Stars ("XTR")
	Currency    string
	Total       int64
}

// SendInvoice asks for money in a person's private talk.
func (ch *Channel) SendInvoice(ctx context.Context, person string, v Invoice) bot.Outcome {
	at, ok := parsePlace(person)
	if !ok || v.Title == "" || v.Text == "" || v.Payload == "" || len(v.Payload) > maxInvoicePayload || v.Total <= 0 {
		return bot.Outcome{Sent: bot.SentRefused, Reason: "invoice"}
	}
	if wait, _ := ch.pace.take(at.chat); wait > 0 {
		return bot.Outcome{Sent: bot.SentRetry, Wait: wait, Reason: "pace"}
	}
	title := bot.Cut(clean(v.Title), maxInvoiceTitle, bot.UTF16)
	msg, err := ch.call.SendInvoice(ctx, &api.SendInvoiceParams{
		ChatID: at.chat, Title: title, Description: bot.Cut(clean(v.Text), maxInvoiceText, bot.UTF16), Payload: v.Payload, ProviderToken: v.Provider,
		Currency: v.Currency, Prices: []models.LabeledPrice{{Label: title, Amount: int(v.Total)}},
	})
	if err != nil {
		out, _ := ch.classify(err, at.chat, false)
		return out
	}
	return bot.Outcome{Sent: bot.SentOK, MessageID: messageID(msg.Chat.ID, msg.ID, false)}
}

// preCheckout answers within Telegram's 10 s, whatever happens behind it.
func (ch *Channel) preCheckout(ctx context.Context, q preCheckout) error {
	lang := person(q.From).Lang
	p := &api.AnswerPreCheckoutQueryParams{PreCheckoutQueryID: q.ID, ErrorMessage: ch.word(lang, "no_pay", "…")}
	if ch.c.Invoices != nil {
		within, cancel := context.WithTimeout(ctx, checkoutTime)
		defer cancel()
		no, err := ch.c.Invoices.Checkout(within, Checkout{Person: key(q.From.ID), Lang: lang, Payload: q.Payload, Currency: q.Currency, Total: q.Total})
		switch {
		case err != nil:
			ch.c.Log.WarnContext(ctx, "checkout", "channel", ChannelName, "err", ch.redact(err))
		case no != "":
			p.ErrorMessage = no
		default:
			p.OK, p.ErrorMessage = true, ""
		}
	}
	if _, err := ch.call.AnswerPreCheckoutQuery(ctx, p); err != nil {
		ch.c.Log.WarnContext(ctx, "answer a checkout", "channel", ChannelName, "err", ch.redact(err)) // too late to ask again
	}
	return nil
}

// paid hands money on that has moved.
func (ch *Channel) paid(ctx context.Context, m *message) error {
	if ch.c.Invoices == nil || m.From == nil {
		return errNoInvoice
	}
	who := person(*m.From)
	err := ch.c.Invoices.Settle(ctx, Paid{
		Checkout: Checkout{Person: who.ID, Lang: who.Lang, Payload: m.Paid.Payload, Currency: m.Paid.Currency, Total: m.Paid.Total},
		Charge:   m.Paid.Charge, Provider: m.Paid.Provider, At: time.Unix(m.Date, 0).UTC(),
	})
	if err != nil {
		return fmt.Errorf("settle a payment: %w", err)
	}
	return nil
}
