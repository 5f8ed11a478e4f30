package main

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// behind hands requests on with the address of who really asks, where proxies of the operator's own stand in front of us.
// Each proxy appends whom it heard the request from, so the list is read from its end: the first address that is no proxy of
// ours is the asker. What stands before it anybody may have written. Without trusted proxies nothing is believed.
func behind(proxies []netip.Prefix, next http.Handler) http.Handler {
	if len(proxies) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asker, ok := askerOf(r, proxies); ok {
			r = r.Clone(r.Context())
			r.RemoteAddr = net.JoinHostPort(asker.String(), "0")
		}
		next.ServeHTTP(w, r)
	})
}

func askerOf(r *http.Request, proxies []netip.Prefix) (netip.Addr, bool) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !trusted(from.Addr().Unmap(), proxies) {
		return netip.Addr{}, false
	}
	heard := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, one := range slices.Backward(heard) {
		addr, err := netip.ParseAddr(strings.TrimSpace(one))
		if err != nil {
			return netip.Addr{}, false // a proxy of ours does not write such things
		}
		if addr = addr.Unmap(); !trusted(addr, proxies) {
			return addr, true
		}
	}
	return netip.Addr{}, false
}

func trusted(addr netip.Addr, proxies []netip.Prefix) bool {
	for _, p := range proxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
