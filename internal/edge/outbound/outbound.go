// Package outbound is the way out to where data lies: an HTTP client that goes only where data can lie. The address of a
// table may come from a pull request, and the machine that runs it reaches more than its author does.
package outbound

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// RefusedError says that Assay does not go to an address.
type RefusedError struct{ Address, Why string }

func (e *RefusedError) Error() string {
	return fmt.Sprintf("refused to go to %s: %s", e.Address, e.Why)
}

// Guard says which addresses are refused. Private networks are not: data lies in them.
type Guard struct {
	Loopback bool // this machine itself is allowed
}

// metadata are the addresses outside of the link-local ranges at which clouds tell a machine its secrets: Alibaba Cloud (User
// guide, "Instance metadata"), Azure's WireServer ("What is IP address 168.63.129.16?"), AWS by IPv6 ("Use the IMDS").
var metadata = []netip.Addr{netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("168.63.129.16"), netip.MustParseAddr("fd00:ec2::254")}

// Check refuses an address.
func (g Guard) Check(address netip.Addr) error {
	address = address.Unmap().WithZone("")
	refuse := func(why string) error { return &RefusedError{Address: address.String(), Why: why} }
	for _, m := range metadata {
		if address == m {
			return refuse("a cloud tells machines their secrets there")
		}
	}
	switch {
	case address.IsLinkLocalUnicast():
		return refuse("no data lies at link-local addresses, and clouds tell machines their secrets there")
	case address.IsUnspecified() || address.IsMulticast() || address.IsInterfaceLocalMulticast():
		return refuse("it is no server's address")
	case address.IsLoopback() && !g.Loopback:
		return refuse("it is this machine itself")
	}
	return nil
}

// control checks the address that a name was resolved to, right before the connection is made: a name may be resolved anew, and
// a redirect may lead anywhere.
func (g Guard) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return &RefusedError{Address: address, Why: "it is no address of the internet"}
	}
	return g.Check(to.Addr())
}

// The limits of a connection.
const (
	dialLimit   = 15 * time.Second
	answerLimit = 60 * time.Second
	maxIdle     = 32
)

// transport is the usual one with a guard; guard nil is none.
func transport(control func(string, string, syscall.RawConn) error) *http.Transport {
	dialer := &net.Dialer{Timeout: dialLimit, Control: control}
	return &http.Transport{DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: dialLimit,
		ResponseHeaderTimeout: answerLimit, MaxIdleConnsPerHost: maxIdle, IdleConnTimeout: answerLimit, DisableCompression: true}
}

// guarded goes through the proxy that the environment names, where it names one, and else nowhere that the guard refuses.
type guarded struct {
	guard          Guard
	direct, behind *http.Transport
}

// Transport is the round tripper of a guard.
func Transport(g Guard) http.RoundTripper {
	behind := transport(nil) // the proxy may be anywhere: the environment names it
	behind.Proxy = http.ProxyFromEnvironment
	return &guarded{guard: g, direct: transport(g.control), behind: behind}
}

// RoundTrip sends one request.
func (t *guarded) RoundTrip(request *http.Request) (*http.Response, error) {
	if address, err := netip.ParseAddr(request.URL.Hostname()); err == nil {
		if err := t.guard.Check(address); err != nil {
			return nil, err
		}
	}
	if proxy, err := http.ProxyFromEnvironment(request); proxy != nil || err != nil {
		return t.behind.RoundTrip(request)
	}
	return t.direct.RoundTrip(request)
}

// Plain is what may be shown of an error of a request: without its address, which may hold a secret.
func Plain(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
