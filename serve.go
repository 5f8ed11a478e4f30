package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"

	"github.com/skip2/go-qrcode"

	"tuanbot/configs"
)

// logger writes what the operator asked for to standard error.
func logger(s configs.Settings, w io.Writer) *slog.Logger {
	opt := &slog.HandlerOptions{Level: s.LogLevel}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opt))
	}
	return slog.New(slog.NewTextHandler(w, opt))
}

// serve starts the program, says where it is, and runs until it is stopped.
func serve(ctx context.Context, c call) (err error) {
	app, err := Build(ctx, c.settings, logger(c.settings, c.err))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	link, err := app.operatorLink(ctx, false)
	if err != nil {
		return err
	}
	welcome(c.out, app, link)
	if err := app.Run(ctx); err != nil {
		return err
	}
	fmt.Fprintln(c.out, "已停止，数据都在。 / Stopped; everything is kept.")
	return nil
}

// welcome prints what a newcomer needs to know, and no more.
func welcome(w io.Writer, a *App, operator string) {
	s := a.settings
	fmt.Fprintf(w, "\n  tuanbot  %s\n\n", a.baseURL())
	if operator != "" {
		fmt.Fprintf(w, "  管理员链接，只能用一次 / operator link, works once:\n  %s\n\n", operator)
	}
	if s.Sandbox {
		fmt.Fprintln(w, "  沙盒：付款是假的，可以替任何一位示例街坊说话。 / Sandbox: payments are not real, and you can act as any of the sample people.")
	}
	if s.Embedded() {
		fmt.Fprintf(w, "  数据在 / data in %s\n", s.DataDir)
	}
	if s.Sample {
		fmt.Fprintln(w, "  从空白开始：换一个空的数据目录，加 --sample=false / To start empty: an empty data folder and --sample=false")
	}
	fmt.Fprintln(w, "  停止 / stop: Ctrl-C")
	if s.LAN || s.PublicURL != "" {
		if code, err := qrcode.New(a.reachableURL(), qrcode.Medium); err == nil {
			fmt.Fprintf(w, "\n%s  %s\n", code.ToSmallString(false), a.reachableURL())
		}
	}
	fmt.Fprintln(w)
}

// reachableURL is where a phone in the same network, or anybody, finds us.
func (a *App) reachableURL() string {
	if a.settings.PublicURL != "" {
		return a.settings.PublicURL
	}
	_, port, err := net.SplitHostPort(a.door.Addr().String())
	if err != nil {
		return a.baseURL()
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return a.baseURL()
	}
	for _, addr := range addrs {
		ip, _, err := net.ParseCIDR(addr.String())
		if err == nil && ip.IsPrivate() && ip.To4() != nil {
			u := url.URL{Scheme: "http", Host: net.JoinHostPort(ip.String(), port)}
			return strings.TrimSuffix(u.String(), "/")
		}
	}
	return a.baseURL()
}
