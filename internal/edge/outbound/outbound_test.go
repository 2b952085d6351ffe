package outbound_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/outbound"
)

func TestTheGuardKnowsWhereNoDataLies(t *testing.T) {
	for address, allowed := range map[string]bool{
		"169.254.169.254": false, "169.254.0.1": false, "::ffff:169.254.169.254": false, "fe80::1%eth0": false, "fd00:ec2::254": false,
		"100.100.100.200": false, "168.63.129.16": false, "0.0.0.0": false, "::": false, "224.0.0.1": false, "127.0.0.1": false, "::1": false,
		"10.0.0.7": true, "192.168.1.1": true, "fd12::1": true, "52.216.1.1": true, "2600:1f18::1": true,
	} {
		err := outbound.Guard{}.Check(netip.MustParseAddr(address))
		require.Equal(t, allowed, err == nil, "%s: %v", address, err)
	}
	require.NoError(t, outbound.Guard{Loopback: true}.Check(netip.MustParseAddr("127.0.0.1")))
}

// A name that leads to a refused address is refused when the connection is made; so is the target of a redirect.
func TestNamesAndRedirectsAreGuarded(t *testing.T) {
	server := httptest.NewServer(http.RedirectHandler("http://169.254.169.254/latest/meta-data/", http.StatusFound))
	defer server.Close()
	var refused *outbound.RefusedError
	at, err := url.Parse(server.URL)
	require.NoError(t, err)
	get := func(g outbound.Guard, url string) error {
		answer, err := (&http.Client{Transport: outbound.Transport(g)}).Get(url)
		if err == nil {
			answer.Body.Close()
		}
		return err
	}
	err = get(outbound.Guard{}, "http://localhost:"+at.Port())
	require.ErrorAs(t, err, &refused)
	err = get(outbound.Guard{Loopback: true}, server.URL)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "169.254.169.254", refused.Address)
}

func TestErrorsShowNoAddress(t *testing.T) {
	err := &url.Error{Op: "Get", URL: "https://h/?sig=hush", Err: errors.New("cut")}
	require.EqualError(t, outbound.Plain(err), "cut")
}
