package run

import (
	"context"
	"path/filepath"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/edge/s3"
	"github.com/assay-ml/assay/internal/source"
)

// OpenStore opens where objects are kept, s3://bucket/folder or a folder, and the prefix of their keys there. A folder's path starts
// at dir.
func OpenStore(ctx context.Context, place, dir string, remote Remote, servers config.S3) (blob.Keeper, string, error) {
	if !blob.IsRemote(place) {
		if !filepath.IsAbs(place) {
			place = filepath.Join(dir, place)
		}
		folder, err := blob.OpenFolder(place)
		if err != nil {
			return nil, "", source.Errorf("make the folder, where every runner sees it", "the store cannot be opened: %v", err)
		}
		return blob.Steadily(folder, blob.Location{}), "", nil
	}
	at, err := blob.Parse(place)
	if err != nil {
		return nil, "", source.Errorf("name s3://bucket/folder", "the store cannot be opened: %v", err)
	}
	places := NewPlaces(remote, servers)
	store, err := s3.Open(ctx, at, places.s3Options())
	if err != nil {
		return nil, "", placed(source.Pos{}, err)
	}
	return blob.Steadily(store, at), at.Key, nil
}
