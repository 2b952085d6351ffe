//go:build servers

package s3_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/data/blob/blobtest"
	"github.com/assay-ml/assay/internal/edge/outbound"
	"github.com/assay-ml/assay/internal/edge/s3"
	"github.com/assay-ml/assay/internal/edge/s3/s3test"
)

func store(t *testing.T) *s3.Store {
	s, err := s3.Open(t.Context(), blob.Location{Scheme: "s3", Host: s3test.Bucket}, s3.Options{Guard: outbound.Guard{Loopback: true}})
	require.NoError(t, err)
	return s
}

func TestRealServersKeepTheContract(t *testing.T) {
	s3test.Each(t, func(t *testing.T, server *s3test.Server) {
		blobtest.Run(t, func(t *testing.T) blobtest.Bench {
			return blobtest.Bench{Store: store(t), Put: server.Put, CanList: true, SaysMD5: true}
		})
	})
}

func TestRealServersKeepWhatTheyAreGiven(t *testing.T) {
	s3test.Each(t, func(t *testing.T, server *s3test.Server) {
		blobtest.RunKeeper(t, func(t *testing.T) blob.Keeper { return store(t) })
	})
}

// S3 gives at most a thousand keys on one page.
func TestAListingHasManyPages(t *testing.T) {
	s3test.Each(t, func(t *testing.T, server *s3test.Server) {
		const objects = 1100
		var writers sync.WaitGroup
		for w := range 10 {
			writers.Go(func() {
				for i := w; i < objects; i += 10 {
					server.Put(t, fmt.Sprintf("many/%04d.csv", i), nil)
				}
			})
		}
		writers.Wait()
		found, err := store(t).List(t.Context(), "many/")
		require.NoError(t, err)
		require.Len(t, found, objects)
		require.Equal(t, "many/1099.csv", found[objects-1].Key)
	})
}

func TestRealServersSayWhatIsWrong(t *testing.T) {
	s3test.Each(t, func(t *testing.T, server *s3test.Server) {
		none, err := s3.Open(t.Context(), blob.Location{Scheme: "s3", Host: "no-such-bucket"}, s3.Options{Guard: outbound.Guard{Loopback: true}})
		require.NoError(t, err)
		_, err = none.List(t.Context(), "")
		require.Equal(t, blob.NotFound, blob.CauseOf(err))
		require.ErrorContains(t, err, "there is no bucket no-such-bucket")
	})
}
