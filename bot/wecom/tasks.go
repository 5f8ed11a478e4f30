package wecom

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tuanbot/bot"
)

const (
	taskFollow  = 72 * time.Hour // then it is reported as it is
	taskKept    = 30 * 24 * time.Hour
	remindAfter = 4 * time.Hour
	mostReminds = 3 // in 24 hours
	maxTask     = 4000
)

// Task is a message that a member of staff is asked to send into customer groups: nothing is sent until they confirm it in
// their client.
type Task struct {
	Key      string    `json:"-"`
	ID       string    `json:"id,omitempty"` // the platform's
	Sender   string    `json:"sender"`       // who has to confirm
	Report   string    `json:"report"`       // who hears what came of it, as a person of ours
	Groups   []string  `json:"groups"`
	Text     string    `json:"text"`
	Made     time.Time `json:"made"`
	Sent     int       `json:"sent"` // groups into which it was sent
	Failed   int       `json:"failed"`
	Done     bool      `json:"done"`
	Reminded int       `json:"reminded,omitempty"`
	LastSaid time.Time `json:"said,omitzero"`
}

// toGroup asks a customer group's owner to send something there. A group hears one such message a day, which is what the
// platform grants.
func (c *Channel) toGroup(ctx context.Context, chat string, m message, key string) bot.Outcome {
	if !c.contact.ready() {
		return bot.Outcome{Sent: bot.SentUnreachable, Reason: "not_set_up"}
	}
	g, found, err := look[Group](ctx, c.c.Notes, pageGroups, chat)
	if err == nil && !found {
		g, err = c.fetchGroup(ctx, chat)
	}
	if err != nil {
		return c.before(err)
	}
	m.choices = nil // nobody would hear the answer
	text := m.words(plain)
	if text == "" {
		return bot.Outcome{Sent: bot.SentRefused, Reason: "empty"}
	}
	return c.ask(ctx, Task{Key: digest("task", key)[:40], Sender: g.Owner, Report: idMember + g.Owner, Groups: []string{chat}, Text: bot.Cut(text, maxTask, bot.Bytes)})
}

// ask writes a task down, then creates it: the platform has no key for it, so what is unclear is never asked twice.
func (c *Channel) ask(ctx context.Context, t Task) bot.Outcome {
	t.Made = c.c.Clock().UTC()
	var was *Task
	err := c.changeTask(ctx, t.Key, func(old *Task) *Task {
		if was = old; old != nil {
			return old
		}
		return &t
	})
	switch {
	case err != nil:
		return bot.Outcome{Sent: bot.SentRetry, Reason: "store"}
	case was != nil && was.ID != "":
		return bot.Outcome{Sent: bot.SentOK, MessageID: was.ID}
	case was != nil:
		return bot.Outcome{Sent: bot.SentUnknown, Reason: "task_unknown"}
	}
	out := c.budget(ctx, t)
	if out.Sent == bot.SentOK {
		out = c.create(ctx, &t)
	}
	if out.Sent != bot.SentUnknown {
		err = c.changeTask(context.WithoutCancel(ctx), t.Key, func(*Task) *Task {
			if out.Sent == bot.SentOK {
				return &t
			}
			return nil
		})
	}
	if err != nil {
		c.c.Log.ErrorContext(ctx, "a task is not written down", "channel", ChannelName, "err", err)
	}
	if out.Sent == bot.SentOK {
		c.tellAsked(ctx, t)
	}
	return out
}

// tellAsked tells who has to confirm a task that it waits for them: the platform's own notice is easily missed.
func (c *Channel) tellAsked(ctx context.Context, t Task) {
	text := strings.ReplaceAll(c.word("zh", "wecom.task_asked", "发到“%s”的消息备好了，请在企业微信里点确认。 · A message for %s waits for you to confirm it in WeCom."), "%s", c.titles(ctx, t))
	out := c.toMember(ctx, bot.Outgoing{To: bot.Address{Person: idMember + t.Sender}, Reply: bot.Reply{Text: text}, Key: "asked/" + t.Key})
	if out.Sent != bot.SentOK {
		c.c.Log.WarnContext(ctx, "who has to confirm a task was not told", "channel", ChannelName, "reason", out.Reason)
	}
}

// titles are the names of a task's groups.
func (c *Channel) titles(ctx context.Context, t Task) string {
	var all []string
	for _, id := range t.Groups {
		if g, found, err := look[Group](ctx, c.c.Notes, pageGroups, id); err == nil && found {
			all = append(all, g.Name)
		}
	}
	return strings.Join(all, "、")
}

// budget lets each group have one task a day, by Beijing's days.
func (c *Channel) budget(ctx context.Context, t Task) bot.Outcome {
	now := c.c.Clock()
	today := now.In(time.FixedZone("CST", 8*3600)).Format(time.DateOnly)
	for _, chat := range t.Groups {
		free := false
		err := change(ctx, c.c.Notes, pageSpent, chat, now.Add(48*time.Hour), func(old *[2]string) *[2]string {
			free = old == nil || old[0] != today || old[1] == t.Key
			if !free {
				return old
			}
			return &[2]string{today, t.Key}
		})
		if err != nil {
			return bot.Outcome{Sent: bot.SentRetry, Reason: "store"}
		}
		if !free {
			return bot.Outcome{Sent: bot.SentRefused, Reason: "once_a_day"} // the group is there, and what is said tomorrow is stale
		}
	}
	return bot.Outcome{Sent: bot.SentOK}
}

func (c *Channel) create(ctx context.Context, t *Task) bot.Outcome {
	var got struct {
		ID   string   `json:"msgid"`
		Fail []string `json:"fail_list"`
	}
	// Our own body: the library's writes every empty part, which the platform may refuse.
	err := c.contact.call(ctx, "/cgi-bin/externalcontact/add_msg_template", nil, map[string]any{
		"chat_type": "group", "sender": t.Sender, "chat_id_list": t.Groups, "text": map[string]string{"content": t.Text},
	}, &got)
	out := c.outcome(err, false)
	if out.Sent != bot.SentOK {
		return out
	}
	if got.ID == "" || len(got.Fail) >= len(t.Groups) {
		return bot.Outcome{Sent: bot.SentUnreachable, Reason: "no_group"}
	}
	t.ID, out.MessageID = got.ID, got.ID
	return out
}

func (c *Channel) changeTask(ctx context.Context, key string, f func(old *Task) *Task) error {
	return change(ctx, c.c.Notes, pageTasks, key, c.c.Clock().Add(taskKept), f)
}

// Tasks are what members of staff were asked to send in the last month.
func (c *Channel) Tasks(ctx context.Context) ([]Task, error) {
	keys, err := c.c.Notes.Keys(ctx, pageTasks, "", 1000)
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	var all []Task
	for _, key := range keys {
		t, found, err := look[Task](ctx, c.c.Notes, pageTasks, key)
		if err != nil {
			return nil, err
		}
		if t.Key = key; found {
			all = append(all, t)
		}
	}
	return all, nil
}

// FollowTasks looks what became of tasks, reminds who has not confirmed, and reports what is over.
func (c *Channel) FollowTasks(ctx context.Context) {
	all, err := c.Tasks(ctx)
	if err != nil {
		return // the next round looks again
	}
	for _, t := range all {
		if t.ID == "" || t.Done || ctx.Err() != nil {
			continue
		}
		if err := c.follow(ctx, t); err != nil {
			c.c.Log.WarnContext(ctx, "a task is not followed", "channel", ChannelName, "err", c.api.veil.OverError(err))
		}
	}
}

func (c *Channel) follow(ctx context.Context, t Task) error {
	sent, failed, err := c.results(ctx, t)
	if err != nil {
		return err
	}
	now := c.c.Clock().UTC()
	t.Sent, t.Failed = sent, failed
	over := sent+failed >= len(t.Groups) || now.Sub(t.Made) > taskFollow
	switch since := now.Sub(latest(t.Made, t.LastSaid)); {
	case over:
		if out := c.report(ctx, t); out.Sent == bot.SentRetry {
			return fmt.Errorf("report a task: %s", out.Reason)
		}
		t.Done = true
	case since > remindAfter && t.Reminded < mostReminds:
		t.Reminded, t.LastSaid = t.Reminded+1, now
		if err := c.contact.call(ctx, "/cgi-bin/externalcontact/remind_groupmsg_send", nil, map[string]string{"msgid": t.ID}, nil); err != nil {
			c.c.Log.DebugContext(ctx, "nobody is reminded", "channel", ChannelName, "err", c.api.veil.OverError(err))
		}
	}
	return c.changeTask(ctx, t.Key, func(*Task) *Task { return &t })
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// results asks into which groups a task was sent.
func (c *Channel) results(ctx context.Context, t Task) (sent, failed int, err error) {
	cursor := ""
	for range 50 {
		body := map[string]any{"msgid": t.ID, "userid": t.Sender, "limit": 500}
		if cursor != "" {
			body["cursor"] = cursor
		}
		var got struct {
			Next string `json:"next_cursor"`
			List []struct {
				Status int `json:"status"` // 0 waits, 1 sent, 2 not a contact any more, 3 had another one
			} `json:"send_list"`
		}
		if err := c.contact.call(ctx, "/cgi-bin/externalcontact/get_groupmsg_send_result", nil, body, &got); err != nil {
			return 0, 0, fmt.Errorf("what became of a task: %w", err)
		}
		for _, r := range got.List {
			switch r.Status {
			case 1:
				sent++
			case 2, 3:
				failed++
			}
		}
		if cursor = got.Next; cursor == "" {
			break
		}
	}
	return sent, failed, nil
}

// report tells the leader what became of a task.
func (c *Channel) report(ctx context.Context, t Task) bot.Outcome {
	if t.Report == "" {
		return bot.Outcome{Sent: bot.SentOK}
	}
	key, or := "wecom.task_sent", "“%s”的消息已发到 %d 个群（共 %d 个）。 · Sent into %d of %d groups."
	if t.Sent == 0 {
		key, or = "wecom.task_unsent", "群发没发出去：还没人在企业微信里点确认，或群里今天已收过一条。 · Nothing was sent: nobody has confirmed it in WeCom, or the group has had one today."
	}
	text := strings.ReplaceAll(c.word("zh", key, or), "%s", c.titles(ctx, t))
	for _, n := range []int{t.Sent, len(t.Groups), t.Sent, len(t.Groups)} {
		text = strings.Replace(text, "%d", fmt.Sprint(n), 1)
	}
	return c.toMember(ctx, bot.Outgoing{To: bot.Address{Person: t.Report}, Reply: bot.Reply{Text: text}, Key: "report/" + t.Key})
}
