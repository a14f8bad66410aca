// Writes the advisories that it reads from standard input as Grype keeps its own, with Grype's own library: SQLite of
// its sixth form.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	v6 "github.com/anchore/grype/grype/db/v6"
	"github.com/spf13/afero"
)

// Entry is what is said of one package and one hole.
type Entry struct {
	ID        string   `json:"id"`
	Aliases   []string `json:"aliases"`
	Ecosystem string   `json:"ecosystem"`
	Package   string   `json:"package"`
	Module    string   `json:"module"`
	// OS and Release are empty for packages of languages.
	OS        string  `json:"os"`
	Release   string  `json:"release"`
	Codename  string  `json:"codename"`
	ReleaseID string  `json:"releaseId"`
	Format    string  `json:"format"`
	Ranges    []Range `json:"ranges"`
}

// Range is a constraint in Grype's words, and the version that mends it; empty where there is none.
type Range struct {
	Constraint string `json:"constraint"`
	Fix        string `json:"fix"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: grype-database DIRECTORY < advisories.json")
		os.Exit(2)
	}
	if err := write(filepath.Join(os.Args[1], "6")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(dir string) error {
	var entries []Entry
	if err := json.NewDecoder(os.Stdin).Decode(&entries); err != nil {
		return fmt.Errorf("standard input is no list of advisories: %w", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	writer, err := v6.NewWriter(v6.Config{DBDirPath: dir})
	if err != nil {
		return err
	}
	if err := writer.SetDBMetadata(); err != nil {
		return err
	}
	if err := fill(writer, entries); err != nil {
		return err
	}
	if err := writer.Close(); err != nil {
		return err
	}
	_, err = v6.WriteImportMetadata(afero.NewOsFs(), dir, "pratique")
	return err
}

func fill(writer v6.ReadWriter, entries []Entry) error {
	now := time.Now().UTC()
	for at, entry := range entries {
		// A record belongs to one source of one system; its name alone says nothing of that.
		provider := &v6.Provider{ID: "pratique-" + entry.OS + entry.Ecosystem, Version: "1", Processor: "pratique", DateCaptured: &now}
		vulnerability := &v6.VulnerabilityHandle{
			Name:       entry.ID,
			Status:     v6.VulnerabilityActive,
			ProviderID: provider.ID,
			Provider:   provider,
			BlobValue:  &v6.VulnerabilityBlob{ID: entry.ID, Aliases: entry.Aliases, Description: fmt.Sprint(at)},
		}
		if err := writer.AddVulnerabilities(vulnerability); err != nil {
			return err
		}
		if err := writer.AddAffectedPackages(affected(entry, vulnerability)); err != nil {
			return err
		}
	}
	return nil
}

func affected(entry Entry, vulnerability *v6.VulnerabilityHandle) *v6.AffectedPackageHandle {
	blob := &v6.PackageBlob{}
	if entry.Format == "rpm" {
		blob.Qualifiers = &v6.PackageQualifiers{RpmModularity: &entry.Module}
	}
	for _, each := range entry.Ranges {
		fix := &v6.Fix{State: v6.NotFixedStatus}
		if each.Fix != "" {
			fix = &v6.Fix{State: v6.FixedStatus, Version: each.Fix}
		}
		version := v6.Version{Type: entry.Format, Constraint: each.Constraint}
		blob.Ranges = append(blob.Ranges, v6.Range{Version: version, Fix: fix})
	}
	handle := &v6.AffectedPackageHandle{
		VulnerabilityID: vulnerability.ID,
		Package:         &v6.Package{Ecosystem: entry.Ecosystem, Name: entry.Package},
		BlobValue:       blob,
	}
	if entry.OS != "" {
		major, minor := entry.Release, ""
		for at, letter := range entry.Release {
			if letter == '.' {
				major, minor = entry.Release[:at], entry.Release[at+1:]
				break
			}
		}
		handle.OperatingSystem = &v6.OperatingSystem{Name: entry.OS, ReleaseID: entry.ReleaseID, MajorVersion: major, MinorVersion: minor, Codename: entry.Codename}
	}
	return handle
}
