package https_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/data/blob/blobtest"
	"github.com/assay-ml/assay/internal/edge/https"
	"github.com/assay-ml/assay/internal/edge/outbound"
)

// at is the location of a server of this machine, and a store of it.
func at(t *testing.T, answer http.Handler) (blob.Location, *https.Store) {
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	l, err := blob.Parse(server.URL + "/a.csv?sig=hush")
	require.NoError(t, err)
	return l, https.New(l, outbound.Guard{Loopback: true})
}

// keyed lets the contract's keys stand in addresses.
type keyed struct{ *https.Store }

func (k keyed) Stat(ctx context.Context, key string) (blob.Object, error) {
	return k.Store.Stat(ctx, (&url.URL{Path: "/" + key}).EscapedPath())
}

// tagged serves a folder with an entity tag, as web servers do; whole ones know no ranges.
func tagged(dir string, whole bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(r.URL.Path)))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		tag := fmt.Sprintf(`"%x"`, content)
		w.Header().Set("ETag", tag[:min(len(tag), 60)]+`"`)
		if whole {
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			w.Write(content)
			return
		}
		info, _ := os.Stat(filepath.Join(dir, filepath.FromSlash(r.URL.Path)))
		http.ServeContent(w, r, "a.csv", info.ModTime(), strings.NewReader(string(content)))
	})
}

func TestWebServersKeepTheContract(t *testing.T) {
	for name, whole := range map[string]bool{"with ranges": false, "without ranges": true} {
		t.Run(name, func(t *testing.T) {
			blobtest.Run(t, func(t *testing.T) blobtest.Bench {
				dir := t.TempDir()
				_, store := at(t, tagged(dir, whole))
				return blobtest.Bench{Store: keyed{store}, Put: func(t *testing.T, key string, content []byte) {
					path := filepath.Join(dir, filepath.FromSlash(key))
					require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
					require.NoError(t, os.WriteFile(path, content, 0o644))
				}}
			})
		})
	}
}

func TestStatusesSayWhatToDo(t *testing.T) {
	for status, want := range map[int]struct {
		cause blob.Cause
		hint  string
	}{
		404: {blob.NotFound, "check the address"}, 403: {blob.Denied, "signed and not run out"}, 401: {blob.Denied, "public"},
		429: {blob.Unreachable, "busy"}, 500: {blob.Unreachable, "busy"}, 418: {blob.Unknown, ""},
	} {
		l, store := at(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		_, err := store.Stat(t.Context(), l.Key)
		var e *blob.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, want.cause, e.Cause, "%d", status)
		require.Contains(t, e.Hint, want.hint)
		require.Contains(t, err.Error(), fmt.Sprint(status))
		require.NotContains(t, err.Error(), "hush", "the query may be a signature")
	}
}

func TestALengthIsNeeded(t *testing.T) {
	l, store := at(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "a")
		w.(http.Flusher).Flush()
	}))
	_, err := store.Stat(t.Context(), l.Key)
	require.ErrorContains(t, err, "how long the file is")
	require.Equal(t, blob.Refused, blob.CauseOf(err))
}

func TestRedirectsAreBounded(t *testing.T) {
	hops := 0
	l, store := at(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hops++; hops <= 5 {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
			return
		}
		fmt.Fprint(w, "a")
	}))
	object, err := store.Stat(t.Context(), l.Key)
	require.NoError(t, err, "five are followed")
	require.Equal(t, int64(1), object.Size)
	hops = -100
	_, err = store.Stat(t.Context(), l.Key)
	require.ErrorContains(t, err, "more than 5 redirects")
	require.Equal(t, blob.Refused, blob.CauseOf(err))
}

func TestARedirectToTheMetadataServiceIsRefused(t *testing.T) {
	l, store := at(t, http.RedirectHandler("http://169.254.169.254/latest/meta-data/?t=hush", http.StatusFound))
	_, err := store.Stat(t.Context(), l.Key)
	require.Equal(t, blob.Refused, blob.CauseOf(err))
	require.ErrorContains(t, err, "169.254.169.254")
	require.NotContains(t, err.Error(), "hush")
}

func TestARedirectDoesNotLeaveHTTPS(t *testing.T) {
	server := httptest.NewTLSServer(http.RedirectHandler("http://127.0.0.1:1/a.csv", http.StatusFound))
	defer server.Close()
	certificate := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(certificate, pemOf(server), 0o644))
	t.Setenv("SSL_CERT_FILE", certificate)
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	_, err = https.New(blob.Location{Scheme: "https", Host: u.Host}, outbound.Guard{Loopback: true}).Stat(t.Context(), "/a.csv")
	require.ErrorContains(t, err, "the redirect leaves https")
}

func pemOf(server *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}
