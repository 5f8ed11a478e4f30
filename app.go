package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"tuanbot/assets"
	"tuanbot/bot"
	"tuanbot/bot/webchat"
	"tuanbot/bot/wechat"
	"tuanbot/configs"
	"tuanbot/domain"
	"tuanbot/handlers"
	"tuanbot/handlers/api"
	"tuanbot/handlers/chat"
	"tuanbot/handlers/jobs"
	"tuanbot/handlers/pay"
	"tuanbot/handlers/pay/sandbox"
	"tuanbot/handlers/web"
	"tuanbot/notify"
	"tuanbot/storage"
	"tuanbot/storage/redis"
	"tuanbot/storage/vault"
)

// What the outside may ask of our servers.
const (
	headerTime = 5 * time.Second
	readTime   = 15 * time.Second
	writeTime  = 30 * time.Second
	idleTime   = time.Minute
	maxHeader  = 32 << 10
	laneDepth  = 32
	keepNews   = 30 * 24 * time.Hour
)

// App is the whole program, put together.
type App struct {
	settings configs.Settings
	log      *slog.Logger
	owner    string
	at       func(point string) // named points, for tests
	clean    []func() error     // undone in reverse order

	db        *storage.DB
	redis     *redis.Redis
	desk      *handlers.Desk
	web       *webchat.Chat
	channels  []channel
	intake    *bot.Intake
	ears      *ears
	passport  passport
	relay     *notify.Relay
	sandbox   *sandbox.Gateway
	workers   []*jobs.Worker
	alarm     *jobs.Alarm
	metrics   *metrics
	community domain.Community
	door      net.Listener
	server    *http.Server
}

// Build opens the stores and makes every part; nothing runs yet. What was opened is closed again when a later part fails.
func Build(ctx context.Context, s configs.Settings, log *slog.Logger) (a *App, err error) {
	a = &App{settings: s, log: log, owner: handlers.Mint{}.ID(), at: failpoints()}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if err := a.lockData(); err != nil {
		return nil, err
	}
	keys, err := a.keys()
	if err != nil {
		return nil, err
	}
	if err := a.openStores(ctx); err != nil {
		return nil, err
	}
	if err := a.listen(ctx); err != nil {
		return nil, err
	}
	if err := a.buildDesk(keys); err != nil { //nolint:contextcheck // the publisher outlives every caller
		return nil, err
	}
	if err := a.buildDoors(ctx, keys); err != nil {
		return nil, err
	}
	return a, nil
}

// onClose registers what undoes a thing the moment that thing exists.
func (a *App) onClose(f func() error) { a.clean = append(a.clean, f) }

// Close undoes everything in reverse order.
func (a *App) Close() error {
	var errs []error
	for _, v := range slices.Backward(a.clean) {
		errs = append(errs, v())
	}
	a.clean = nil
	return errors.Join(errs...)
}

func (a *App) lockData() error {
	if err := os.MkdirAll(a.settings.DataDir, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if !a.settings.Embedded() {
		return nil
	}
	unlock, err := lockFolder(a.settings.DataDir)
	if err != nil {
		return err
	}
	a.onClose(unlock)
	return nil
}

func (a *App) keys() (keyring, error) {
	master, err := masterKey(a.settings)
	if err != nil {
		return keyring{}, err
	}
	box, err := vault.New(master)
	if err != nil {
		return keyring{}, fmt.Errorf("vault: %w", err)
	}
	k := keyring{vault: box}
	for purpose, key := range map[string]*[]byte{"webchat cookies": &k.cookie, "sandbox callbacks": &k.callback, "links": &k.links, "platform logins": &k.login} {
		if *key, err = vault.Derive(master, purpose); err != nil {
			return keyring{}, fmt.Errorf("derive keys: %w", err)
		}
	}
	return k, nil
}

type keyring struct {
	vault                          handlers.Vault
	cookie, callback, links, login []byte
}

func (a *App) openStores(ctx context.Context) error {
	db, err := storage.Open(ctx, storage.Options{
		URL: a.settings.DatabaseURL.Reveal(), DataDir: a.settings.DataDir, Log: a.log, MaxOpen: a.settings.DatabaseConnections,
	})
	if err != nil {
		return err
	}
	a.db = db
	a.onClose(db.Close)
	if a.settings.Embedded() || a.settings.Migrate {
		if err := db.Migrate(ctx); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
	if behind, err := db.NeedsMigration(ctx); err != nil {
		return fmt.Errorf("look at the tables: %w", err)
	} else if behind {
		return errors.New("the tables are older than the program: run `tuanbot migrate` first, or start with --migrate")
	}
	if err := db.Gate(ctx); err != nil {
		return fmt.Errorf("the database's settings are not safe for money: %w", err)
	}
	r, err := redis.Open(ctx, a.settings.RedisURL.Reveal(), a.log)
	if err != nil {
		return err
	}
	a.redis = r
	a.onClose(r.Close)
	epoch, err := db.Epoch(ctx)
	if err != nil {
		return fmt.Errorf("epoch: %w", err)
	}
	r.UseEpoch(epoch)
	return nil
}

func (a *App) listen(ctx context.Context) error {
	door, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.settings.Address())
	if err != nil {
		return fmt.Errorf("open the door: %w", err)
	}
	a.door = door
	a.onClose(func() error {
		if err := door.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return nil
}

func (a *App) buildDesk(k keyring) error {
	gateways := map[string]domain.Payments{}
	gateway := ""
	if a.settings.Sandbox {
		var err error
		if a.sandbox, err = a.buildSandbox(k); err != nil {
			return err
		}
		gateways[a.sandbox.Name()] = a.sandbox
		gateway = a.sandbox.Name()
	}
	a.desk = handlers.New(handlers.Config{
		Store: a.db, Tally: a.redis, Waker: a.redis, Mint: handlers.Mint{}, Vault: k.vault, Gateways: gateways, Gateway: gateway,
		Log: a.log, At: a.at,
		PayWindows: map[domain.PayWhen]time.Duration{domain.PayAtJoin: a.settings.PayWindowAtJoin, domain.PayAfterFormed: a.settings.PayWindowAfterFormed},
	})
	a.onClose(func() error { a.desk.Close(); return nil })
	a.metrics = newMetrics()
	c := jobs.Config{Desk: a.desk, Tally: a.redis, Waker: a.redis, Pruner: a.db, Owner: a.owner, Keep: keepNews, Log: a.log, Good: a.metrics.good}
	a.workers, a.alarm = jobs.All(c), jobs.NewAlarm(c)
	return nil
}

// buildSandbox makes the gateway that only plays with money. It reaches us over HTTP, as a real one would.
func (a *App) buildSandbox(k keyring) (*sandbox.Gateway, error) {
	client := &http.Client{Timeout: readTime}
	return sandbox.New(sandbox.Config{
		Journal: a.db.Sandbox(), Keys: [][]byte{k.callback}, PublicURL: a.baseURL(), Clock: time.Now, Log: a.log, At: failpoints(),
		Deliver: sandbox.HTTPDeliver(client, "http://"+loopback(a.door.Addr())+"/pay/sandbox/notify"),
	})
}

func (a *App) buildDoors(ctx context.Context, k keyring) error {
	zone, err := a.settings.Location()
	if err != nil {
		return err
	}
	a.web, err = webchat.New(webchat.Config{
		Store: a.db.Web(), Waker: a.redis, Clock: time.Now, Random: rand.Reader, SigningKey: k.cookie, PublicURL: a.settings.PublicURL,
		Listen: a.settings.Address(), Zone: zone, Sandbox: a.settings.Sandbox, SandboxPublic: a.settings.SandboxPublic, Log: a.log, Parts: sampleParts(),
	})
	if err != nil {
		return err
	}
	if a.community, err = a.firstStart(ctx, zone); err != nil {
		return err
	}
	talk := chat.New(chat.Config{Desk: a.desk, BaseURL: a.baseURL(), Clock: time.Now, Log: a.log, Channels: a.allChannels, Community: a.community.ID})
	lanes := bot.NewLanes(talk, laneDepth)
	if err := a.buildChannels(k, lanes); err != nil {
		return err
	}
	a.relay = notify.New(notify.Config{
		Store: a.db, Outbox: a.db, Channels: a.allChannels(), Budget: a.redis, Waker: a.redis, Topic: handlers.TopicOutbox,
		Clock: time.Now, Rand: mathrand.Float64, BaseURL: a.baseURL(), Log: a.log, Owner: a.owner, At: a.at, PerChannel: a.settings.RelayWorkers,
	})
	return a.buildServer()
}

func (a *App) buildServer() error {
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", assets.Handler())
	a.web.Routes(mux)
	for _, ch := range a.channels {
		ch.Routes(mux)
	}
	api.New(a.web, rand.Reader, a.log, a.web.Done()).Routes(mux)
	pages, err := web.New(a.pagesConfig())
	if err != nil {
		return err
	}
	pages.Routes(mux)
	if a.sandbox != nil {
		mux.Handle("POST /pay/sandbox/notify", pay.Notify(pay.Config{Desk: a.desk, Verifier: a.sandbox, Log: a.log}))
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", a.ready)
	a.server = &http.Server{
		Handler: behind(a.settings.Proxies(), a.knock(mux)), ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	return nil
}

func (a *App) pagesConfig() web.Config {
	c := web.Config{
		Desk: a.desk, Outbox: a.db, Who: a.who, SignIn: a.signIn, Sandbox: a.settings.Sandbox, Links: a.db.OperatorLinks(),
		BaseURL: a.baseURL(), Clock: time.Now, Log: a.log,
	}
	if a.settings.WeChat.IsSet() {
		c.Inside = []web.Inside{{Mark: wechat.BrowserMark, Script: wechat.ShareScript, Origin: wechat.ScriptOrigin}}
	}
	if a.sandbox != nil { // a nil gateway in the interface would not be nil
		c.Cashier = a.sandbox
	}
	return c
}

// signIn brings who sends a form on a page into the web chat's session, and gives them an account.
func (a *App) signIn(w http.ResponseWriter, r *http.Request) (domain.Account, error) {
	if acc, known := a.visitor(r); known {
		return acc, nil
	}
	id, name, lang, err := a.web.SignIn(w, r)
	if err != nil {
		return domain.Account{}, err
	}
	return a.desk.Person(r.Context(), handlers.PersonCommand{
		Community: a.community.ID, Channel: a.web.Name(), External: id, Name: name, Lang: domain.Lang(lang), Guest: true,
	})
}

// who finds the account of who looks at a page.
func (a *App) who(r *http.Request) (domain.Account, bool) {
	id, name, lang, ok := a.web.Viewer(r)
	if !ok {
		return a.visitor(r)
	}
	acc, err := a.desk.AccountByIdentity(r.Context(), a.web.Name(), id)
	if errors.Is(err, domain.ErrNotFound) {
		acc = domain.Account{Name: name, Lang: domain.Lang(lang)}
		return acc, true
	}
	return acc, err == nil
}

func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	if err := a.db.Ping(ctx); err != nil {
		http.Error(w, "database", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// Run serves until the context ends or a part dies, which takes the rest down. Then it stops in order: doors, workers,
// relay; Close does the storage.
func (a *App) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := a.server.Serve(a.door); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.settings.ShutdownTimeout)
		defer cancel()
		if err := a.server.Shutdown(stop); err != nil {
			return errors.Join(fmt.Errorf("shut the doors: %w", err), a.server.Close())
		}
		return nil
	})
	for _, w := range a.workers {
		g.Go(func() error { return w.Run(ctx) })
	}
	g.Go(func() error { return a.alarm.Run(ctx) })
	g.Go(func() error { return a.web.Run(ctx) })
	g.Go(func() error { return a.relay.Run(ctx) })
	g.Go(func() error { return a.intake.Run(ctx) })
	g.Go(func() error { return a.ears.Run(ctx) })
	for _, ch := range a.channels {
		g.Go(func() error { return ch.Run(ctx) })
	}
	g.Go(func() error { return a.metrics.serve(ctx, a.settings.MetricsListen) })
	if a.sandbox != nil {
		g.Go(func() error { return a.sandbox.Run(ctx) })
	}
	return g.Wait()
}

// baseURL is where people reach us.
func (a *App) baseURL() string {
	if a.settings.PublicURL != "" {
		return a.settings.PublicURL
	}
	return "http://" + loopback(a.door.Addr())
}

// loopback is the address at which this machine reaches its own door.
func loopback(addr net.Addr) string {
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	return net.JoinHostPort("127.0.0.1", port)
}
