package artifact_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/artifact"
	"github.com/assay-ml/assay/internal/edge/artifact/artifacttest"
)

func service(t *testing.T, server *artifacttest.Server) *artifact.Service {
	t.Helper()
	s, err := artifact.New(artifact.Options{ResultsURL: "https://results.test/", Token: artifacttest.Token(), ServerURL: "https://github.com", Transport: server})
	require.NoError(t, err)
	t.Cleanup(func() { require.Empty(t, server.Violations()) })
	return s
}

var page = artifact.File{Name: "report.html", MIME: "text/html", Data: []byte("<!doctype html>")}

func TestAFileIsKeptAsItIsAndOpensInABrowser(t *testing.T) {
	for name, camel := range map[string]bool{"snake case": false, "camel case": true} {
		t.Run(name, func(t *testing.T) {
			server := &artifacttest.Server{Camel: camel}
			s := service(t, server)
			kept, err := s.Upload(t.Context(), page)
			require.NoError(t, err)
			require.Equal(t, artifact.Kept{ID: 3_000_000_001}, kept)
			all := server.Artifacts()
			require.Len(t, all, 1)
			require.Equal(t, "report.html text/html 7 <!doctype html>", strings.Join([]string{all[0].Name, all[0].MIME, "7", string(all[0].Data)}, " "))
			data, err := s.Download(t.Context(), "report.html", 100)
			require.NoError(t, err)
			require.Equal(t, page.Data, data)
			_, err = s.Download(t.Context(), "report.html", 3)
			var large *artifact.TooLargeError
			require.ErrorAs(t, err, &large)
		})
	}
}

func TestLargeAndEmptyFilesArePutInBlocks(t *testing.T) {
	for blocks, size := range map[int]int{1: 0, 2: 8<<20 + 1, 3: 24 << 20} {
		server := &artifacttest.Server{}
		_, err := service(t, server).Upload(t.Context(), artifact.File{Name: "x", MIME: "application/json", Data: bytes.Repeat([]byte("x"), size)})
		require.NoError(t, err)
		require.Len(t, server.Artifacts()[0].Data, size)
		require.Equal(t, blocks, strings.Count(strings.Join(server.Requests(), ","), "PUT block,"))
	}
}

// A later step of the job keeps the whole of what all steps found.
func TestAFileOfTheSameNameTakesThePlace(t *testing.T) {
	server := &artifacttest.Server{}
	s := service(t, server)
	_, err := s.Upload(t.Context(), page)
	require.NoError(t, err)
	kept, err := s.Upload(t.Context(), artifact.File{Name: page.Name, MIME: page.MIME, Data: []byte("newer")})
	require.NoError(t, err)
	require.Equal(t, int64(3_000_000_002), kept.ID)
	require.Len(t, server.Artifacts(), 1)
	require.Equal(t, "newer", string(server.Artifacts()[0].Data))
}

// act's service, and older ones, know no types and keep zips.
func TestAServiceWithoutTypesGetsAZip(t *testing.T) {
	server := &artifacttest.Server{NoTypes: true, Camel: true}
	s := service(t, server)
	kept, err := s.Upload(t.Context(), page)
	require.NoError(t, err)
	require.True(t, kept.IsZipped)
	archive, err := zip.NewReader(bytes.NewReader(server.Artifacts()[0].Data), int64(len(server.Artifacts()[0].Data)))
	require.NoError(t, err)
	require.Equal(t, "report.html", archive.File[0].Name)
	data, err := s.Download(t.Context(), "report.html", 1000)
	require.NoError(t, err)
	require.Equal(t, page.Data, data)
}

// Whatever is lost, before or after it took effect: one artifact in the end, and none is ended twice.
func TestWhatIsLostIsSentAgainWhereThatIsSafe(t *testing.T) {
	for _, method := range []string{"CreateArtifact", "PUT block", "PUT blocklist", "FinalizeArtifact"} {
		for name, applies := range map[string]bool{"before": false, "after": true} {
			t.Run(method+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server := &artifacttest.Server{}
					failed := false
					server.Fail = func(r *http.Request) (int, bool) {
						if failed || !strings.HasSuffix(r.URL.Path, strings.TrimPrefix(method, "PUT ")) && "PUT "+r.URL.Query().Get("comp") != method {
							return 0, false
						}
						failed = true
						return http.StatusBadGateway, applies
					}
					kept, err := service(t, server).Upload(t.Context(), page)
					if method == "FinalizeArtifact" && !applies {
						require.ErrorContains(t, err, "FinalizeArtifact: 502", "it may still take effect: not sent again")
						return
					}
					require.NoError(t, err)
					require.Len(t, server.Artifacts(), 1)
					require.Equal(t, server.Artifacts()[0].ID, kept.ID)
				})
			})
		}
	}
}

func TestAServiceThatIsDownIsLeftAloneInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &artifacttest.Server{Fail: func(*http.Request) (int, bool) { return http.StatusServiceUnavailable, false }}
		_, err := service(t, server).Upload(t.Context(), page)
		require.ErrorContains(t, err, "CreateArtifact: 503 Service Unavailable")
		require.Len(t, server.Requests(), 4)
	})
}

// failing is a network that quotes what it was asked.
type failing struct{ next http.RoundTripper }

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/twirp/") {
		return f.next.RoundTrip(r)
	}
	return nil, io.ErrUnexpectedEOF
}

func TestNoErrorHoldsASignedAddressOrTheToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for status, transport := range map[int]http.RoundTripper{0: failing{&artifacttest.Server{}}, 403: &artifacttest.Server{Fail: func(r *http.Request) (int, bool) {
			if r.Method == http.MethodPut {
				return http.StatusForbidden, false
			}
			return 0, false
		}}} {
			s, err := artifact.New(artifact.Options{ResultsURL: "https://results.test", Token: artifacttest.Token(), ServerURL: "https://github.com", Transport: transport})
			require.NoError(t, err)
			_, err = s.Upload(t.Context(), page)
			require.ErrorContains(t, err, "upload: ", status)
			require.NotContains(t, err.Error(), artifacttest.Signature)
			require.NotContains(t, err.Error(), "/blob/")
			require.NotContains(t, err.Error(), artifacttest.Token())
		}
	})
}

func TestWhereThereIsNoServiceItIsSaid(t *testing.T) {
	good := artifact.Options{ResultsURL: "https://results.test", Token: artifacttest.Token(), ServerURL: "https://github.com"}
	for why, change := range map[string]func(*artifact.Options){
		"on GitHub Enterprise Server":          func(o *artifact.Options) { o.ServerURL = "https://git.example.com" },
		"are given to the actions of a run":    func(o *artifact.Options) { o.ResultsURL = "" },
		"ACTIONS_RUNTIME_TOKEN are given":      func(o *artifact.Options) { o.Token = "" },
		"is no address":                        func(o *artifact.Options) { o.ResultsURL = "results" },
		"is no JSON Web Token":                 func(o *artifact.Options) { o.Token = "x" },
		"are not base64":                       func(o *artifact.Options) { o.Token = "x.%.y" },
		"are not JSON":                         func(o *artifact.Options) { o.Token = "x.eHg.y" },
		"the runtime token names no run and":   func(o *artifact.Options) { o.Token = artifacttest.TokenFor("Actions.Results:run") },
		"the runtime token names no run and j": func(o *artifact.Options) { o.Token = artifacttest.TokenFor("Actions.Results:run:job:more") },
	} {
		options := good
		change(&options)
		_, err := artifact.New(options)
		require.ErrorIs(t, err, artifact.ErrNoService)
		require.ErrorContains(t, err, why)
	}
	for _, host := range []string{"https://github.com", "https://acme.ghe.com"} {
		options := good
		options.ServerURL = host
		_, err := artifact.New(options)
		require.NoError(t, err)
	}
}

// zipOf is a zip of entries that a test spoils.
func zipOf(t *testing.T, write func(*zip.Writer)) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	write(w)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func entry(t *testing.T, w *zip.Writer, header *zip.FileHeader, text string) {
	t.Helper()
	out, err := w.CreateHeader(header)
	require.NoError(t, err)
	_, err = io.WriteString(out, text)
	require.NoError(t, err)
}

func TestUnpackTakesOneSmallFileAndNoName(t *testing.T) {
	link := &zip.FileHeader{Name: "result.json"}
	link.SetMode(0o777 | 1<<27) // fs.ModeSymlink
	bomb := zipOf(t, func(w *zip.Writer) {
		entry(t, w, &zip.FileHeader{Name: "x", Method: zip.Deflate}, strings.Repeat("0", 1<<20))
	})
	liar := zipOf(t, func(w *zip.Writer) {
		out, err := w.CreateRaw(&zip.FileHeader{Name: "x", Method: zip.Store, CompressedSize64: 1 << 15, UncompressedSize64: 1})
		require.NoError(t, err)
		_, err = out.Write(bytes.Repeat([]byte("x"), 1<<15))
		require.NoError(t, err)
	})
	good := zipOf(t, func(w *zip.Writer) { entry(t, w, &zip.FileHeader{Name: "../../etc/passwd"}, "{}") })
	for name, c := range map[string]struct {
		data []byte
		want string // "" for {}
	}{
		"as it is":    {[]byte("{}"), ""},
		"a traversal": {good, ""},
		"a bomb":      {bomb, "larger than 65536 bytes"},
		"a liar":      {liar, "the zip is damaged"},
		"too large":   {bytes.Repeat([]byte("x"), 1<<16+1), "larger than 65536 bytes"},
		"a link":      {zipOf(t, func(w *zip.Writer) { entry(t, w, link, "/etc/passwd") }), "a link or a folder"},
		"a folder":    {zipOf(t, func(w *zip.Writer) { entry(t, w, &zip.FileHeader{Name: "a/"}, "") }), "a link or a folder"},
		"two files": {zipOf(t, func(w *zip.Writer) {
			entry(t, w, &zip.FileHeader{Name: "a"}, "")
			entry(t, w, &zip.FileHeader{Name: "b"}, "")
		}), "holds 2 files"},
		"no file":      {zipOf(t, func(*zip.Writer) {}), "holds 0 files"},
		"cut off":      {good[:len(good)-9], "the zip is damaged"},
		"a false byte": {bytes.Replace(good, []byte("{}"), []byte("[]"), 1), "the zip is damaged: zip: checksum error"},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := artifact.Unpack(c.data, 1<<16)
			if c.want == "" {
				require.NoError(t, err)
				require.Equal(t, "{}", string(data))
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

func FuzzUnpack(f *testing.F) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	_, err := w.Create("x")
	require.NoError(f, err)
	require.NoError(f, w.Close())
	f.Add(b.Bytes())
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := artifact.Unpack(data, 1000)
		require.True(t, err != nil || len(out) <= 1000)
	})
}

func TestACancelledUploadEndsAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := service(t, &artifacttest.Server{Fail: func(*http.Request) (int, bool) { return http.StatusBadGateway, false }}).Upload(ctx, page)
	require.Error(t, err)
}
