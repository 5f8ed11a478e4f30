package telegram

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

const maxRequest = 60 << 20

// refusal is an answer with ok:false.
type refusal struct {
	code    int
	text    string
	retry   int
	migrate int64
}

func bad(text string) *refusal {
	return &refusal{code: http.StatusBadRequest, text: "Bad Request: " + text}
}

// form is a request's fields, whatever they came in.
type form struct {
	fields map[string]string
	files  map[string][]byte
}

// Handler serves the Bot API at /bot<token>/<method>.
func (t *Town) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method, no := t.who(r.URL.Path)
		var result any
		if no == nil {
			var f form
			if f, no = readForm(w, r); no == nil {
				result, no = t.serve(r, method, f)
			}
		}
		answer(w, result, no)
	})
}

func answer(w http.ResponseWriter, result any, no *refusal) {
	body := map[string]any{"ok": no == nil}
	code := http.StatusOK
	if no == nil {
		body["result"] = result
	} else {
		code = no.code
		body["error_code"], body["description"] = no.code, no.text
		params := map[string]any{}
		if no.retry > 0 {
			params["retry_after"] = no.retry
		}
		if no.migrate != 0 {
			params["migrate_to_chat_id"] = no.migrate
		}
		if len(params) > 0 {
			body["parameters"] = params
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the bot has gone
}

// who checks the token in the address.
func (t *Town) who(path string) (method string, no *refusal) {
	token, method, ok := strings.Cut(strings.TrimPrefix(path, "/bot"), "/")
	switch {
	case !strings.HasPrefix(path, "/bot") || !ok:
		return "", &refusal{code: http.StatusNotFound, text: "Not Found"}
	case token != t.c.Token:
		t.mu.Lock()
		t.fault("a call with a wrong token")
		t.mu.Unlock()
		return "", &refusal{code: http.StatusUnauthorized, text: "Unauthorized"}
	}
	return strings.ToLower(method), nil
}

// readForm takes multipart, a plain form or JSON; a multipart body without any part is fine.
func readForm(w http.ResponseWriter, r *http.Request) (form, *refusal) {
	f := form{fields: map[string]string{}, files: map[string][]byte{}}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		return f, &refusal{code: http.StatusRequestEntityTooLarge, text: "Request Entity Too Large"}
	}
	for k := range r.URL.Query() {
		f.fields[k] = r.URL.Query().Get(k)
	}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // no kind: no fields
	switch {
	case kind == "multipart/form-data":
		err = f.readParts(multipart.NewReader(strings.NewReader(string(body)), params["boundary"]))
	case kind == "application/json" && len(body) > 0:
		err = f.readJSON(body)
	case kind == "application/x-www-form-urlencoded":
		var values url.Values
		values, err = url.ParseQuery(string(body))
		for k := range values {
			f.fields[k] = values.Get(k)
		}
	}
	if err != nil {
		return f, bad("can't parse the request")
	}
	return f, nil
}

func (f form) readParts(parts *multipart.Reader) error {
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		if part.FileName() != "" {
			f.files[part.FormName()] = value
		} else {
			f.fields[part.FormName()] = string(value)
		}
	}
}

func (f form) readJSON(body []byte) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(body, &values); err != nil {
		return err
	}
	for k, v := range values {
		var s string
		if err := json.Unmarshal(v, &s); err != nil {
			s = string(v)
		}
		f.fields[k] = s
	}
	return nil
}

func (f form) num(name string) int64 { return number(f.fields[name]) }

func (f form) yes(name string) bool { return f.fields[name] == "true" }

// serve calls a method. Those that wait take the lock themselves.
func (t *Town) serve(r *http.Request, method string, f form) (any, *refusal) {
	switch method {
	case "getupdates":
		return t.getUpdates(r.Context(), f)
	case "getme":
		return map[string]any{
			"id": t.me, "is_bot": true, "first_name": "tuan", "username": t.c.Username, "can_join_groups": true, "can_read_all_group_messages": t.c.NoPrivacy,
			"supports_inline_queries": true,
		}, nil
	}
	methods := map[string]func(form) (any, *refusal){
		"sendmessage": t.sendMessage, "sendphoto": t.sendPhoto, "sendinvoice": t.sendInvoice, "editmessagetext": t.editText, "editmessagecaption": t.editCaption,
		"editmessagereplymarkup": t.editMarkup, "answercallbackquery": t.answerCallback, "answerinlinequery": t.answerInline,
		"answerprecheckoutquery": t.answerCheckout, "setwebhook": t.setWebhook, "deletewebhook": t.deleteWebhook, "getwebhookinfo": t.webhookInfo,
		"setmycommands": t.setCommands,
	}
	do := methods[method]
	if do == nil {
		return nil, &refusal{code: http.StatusNotFound, text: "Not Found: method not found"}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	result, no := do(f)
	if no != nil && no.code == http.StatusBadRequest && no.migrate == 0 && !harmless(no.text) {
		t.fault("%s was refused: %s", method, no.text)
	}
	return result, no
}

// harmless are refusals that a bot cannot always avoid.
func harmless(text string) bool {
	for _, s := range []string{"message is not modified", "query is too old", "message to edit not found", "chat not found"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}
