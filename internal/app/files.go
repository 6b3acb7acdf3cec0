package app

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/strollhq/stroll/internal/catalog"
	"github.com/strollhq/stroll/internal/price"
)

//go:embed example.yaml
var example string

//go:embed sample_prices.yaml
var samplePrices string

// Example is a complete configuration with comments: that of the sample
// store.
func Example() string {
	var b strings.Builder
	for line := range strings.Lines(samplePrices) {
		if strings.TrimSpace(line) != "" {
			b.WriteString("      ")
		}
		b.WriteString(line)
	}
	return strings.Replace(example, "#PRICES#\n", b.String(), 1)
}

// Sample is the sample store's configuration, an airport shop.
func Sample() (*Config, error) { return Parse("example.yaml", []byte(Example())) }

// readFiles reads the files the stores name, which are looked for in dir.
func (c *Config) readFiles(dir string) error {
	var errs []error
	for i := range c.Stores {
		s := &c.Stores[i]
		at := fmt.Sprintf("stores[%d].", i)
		if s.PricesFile != "" {
			if err := s.readPrices(beside(dir, s.PricesFile)); err != nil {
				errs = append(errs, fmt.Errorf("%sprices_file: %w", at, err))
			}
		}
		if s.ItemsFile != "" {
			if err := s.readItems(beside(dir, s.ItemsFile)); err != nil {
				errs = append(errs, fmt.Errorf("%sitems_file: %w", at, err))
			}
		}
	}
	return errors.Join(errs...)
}

func beside(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func (s *Store) readPrices(path string) error {
	if !reflect.ValueOf(s.Prices).IsZero() {
		return errors.New("there is a list under prices too; keep one")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var spec price.Spec
	if err := decode(path, data, &spec); err != nil {
		return err
	}
	if _, err := price.Compile(spec); err != nil {
		return located(path, data, err)
	}
	s.Prices = spec
	return nil
}

// shown is how many refused rows an error lists.
const shown = 20

func (s *Store) readItems(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	items, refused, err := catalog.ReadItems(f, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(refused) > 0 {
		var b strings.Builder
		for _, r := range refused[:min(shown, len(refused))] {
			fmt.Fprintf(&b, "\n  %s", r)
		}
		return fmt.Errorf("%s: %d rows cannot be sold:%s", path, len(refused), b.String())
	}
	s.Prices.Items = append(s.Prices.Items, items...)
	return nil
}
