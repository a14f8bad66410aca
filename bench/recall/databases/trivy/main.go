// Writes the advisories that it reads from standard input as Trivy keeps its own: BoltDB, with a bucket for each
// source, in it one for each package, in that a value for each hole. See aquasecurity/trivy-db, pkg/db.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// Entry is what one source says of one package and one hole; Advisory is Trivy's own JSON.
type Entry struct {
	Bucket   string          `json:"bucket"`
	Package  string          `json:"package"`
	ID       string          `json:"id"`
	Advisory json.RawMessage `json:"advisory"`
}

// Input is one document on standard input.
type Input struct {
	Entries []Entry `json:"entries"`
	// Details by hole, as Trivy keeps them.
	Details map[string]json.RawMessage `json:"details"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: trivy-database CACHE-DIRECTORY < advisories.json")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(cache string) error {
	var input Input
	if err := json.NewDecoder(os.Stdin).Decode(&input); err != nil {
		return fmt.Errorf("standard input is no list of advisories: %w", err)
	}
	dir := filepath.Join(cache, "db")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	// No update is due, and none could be fetched.
	metadata := `{"Version":2,"NextUpdate":"2099-01-01T00:00:00Z","UpdatedAt":"2023-11-14T00:00:00Z","DownloadedAt":"2023-11-14T00:00:00Z"}`
	if err := os.WriteFile(filepath.Join(dir, "metadata.json"), []byte(metadata), 0o644); err != nil {
		return err
	}
	path := filepath.Join(dir, "trivy.db")
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	db, err := bolt.Open(path, 0o644, &bolt.Options{NoSync: true})
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Update(func(tx *bolt.Tx) error { return fill(tx, input) })
}

func fill(tx *bolt.Tx, input Input) error {
	sources, err := tx.CreateBucketIfNotExists([]byte("data-source"))
	if err != nil {
		return err
	}
	for _, entry := range input.Entries {
		source, err := json.Marshal(map[string]string{"ID": "pratique", "Name": entry.Bucket, "URL": "https://example.com"})
		if err != nil {
			return err
		}
		if err := sources.Put([]byte(entry.Bucket), source); err != nil {
			return err
		}
		root, err := tx.CreateBucketIfNotExists([]byte(entry.Bucket))
		if err != nil {
			return err
		}
		pkg, err := root.CreateBucketIfNotExists([]byte(entry.Package))
		if err != nil {
			return err
		}
		if err := pkg.Put([]byte(entry.ID), entry.Advisory); err != nil {
			return err
		}
	}
	details, err := tx.CreateBucketIfNotExists([]byte("vulnerability"))
	if err != nil {
		return err
	}
	for id, detail := range input.Details {
		if err := details.Put([]byte(id), detail); err != nil {
			return err
		}
	}
	return nil
}
