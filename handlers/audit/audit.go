// Package audit proves a database right: it looks at every deal as a whole and at what spans deals, read-only and each as of
// one moment, and reports what should never be.
//
// The rules of a deal are the domain's (domain.Check); what only a look across tables can see comes from the store. The package
// knows no SQL and repairs nothing.
package audit

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"tuanbot/domain"
)

// Store shows a whole database.
type Store interface {
	// Examine hands out every deal as of one moment, and what no look at a single deal can see. The functions are called one
	// at a time; an error from either ends it.
	Examine(ctx context.Context, deal func(domain.Snapshot) error, stray func(domain.Violation) error) error
}

// Report is what an audit found.
type Report struct {
	Deals      int64              `json:"deals"`
	Orders     int64              `json:"orders"`
	Payments   int64              `json:"payments"`
	Refunds    int64              `json:"refunds"`
	Transfers  int64              `json:"transfers"`
	Violations []domain.Violation `json:"violations"`
	Waiting    []domain.Violation `json:"waiting_for_a_person"`
}

// Clean reports whether nothing is wrong.
func (r Report) Clean() bool { return len(r.Violations) == 0 }

// Look examines a store.
func Look(ctx context.Context, s Store) (Report, error) {
	r := Report{Violations: []domain.Violation{}, Waiting: []domain.Violation{}}
	err := s.Examine(ctx, r.deal, r.stray)
	if err != nil {
		return r, fmt.Errorf("examine the database: %w", err)
	}
	return r, nil
}

func (r *Report) deal(s domain.Snapshot) error {
	r.Deals++
	r.Orders += int64(len(s.Orders))
	r.Payments += int64(len(s.Payments))
	r.Refunds += int64(len(s.Refunds))
	r.Transfers += int64(len(s.Transfers))
	for _, v := range domain.Check(s) {
		v.IDs = append([]string{string(s.Deal.ID)}, v.IDs...)
		r.Violations = append(r.Violations, v)
	}
	return nil
}

func (r *Report) stray(v domain.Violation) error {
	if v.NeedsPerson() {
		r.Waiting = append(r.Waiting, v)
	} else {
		r.Violations = append(r.Violations, v)
	}
	return nil
}

// Run examines a store, writes the report as text or as JSON, and says how many violations there are.
func Run(ctx context.Context, s Store, out io.Writer, asJSON bool) (violations int, err error) {
	r, err := Look(ctx, s)
	if err != nil {
		return 0, err
	}
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		err = enc.Encode(r)
	} else {
		err = r.write(out)
	}
	if err != nil {
		return len(r.Violations), fmt.Errorf("write the report: %w", err)
	}
	return len(r.Violations), nil
}

func (r Report) write(out io.Writer) error {
	w := bufio.NewWriter(out)
	var errs []error
	say := func(format string, args ...any) {
		_, err := fmt.Fprintf(w, format+"\n", args...)
		errs = append(errs, err)
	}
	say("已核对 / checked: %d deals, %d orders, %d payments, %d refunds, %d transfers", r.Deals, r.Orders, r.Payments, r.Refunds, r.Transfers)
	for _, line := range summed(r.Violations) {
		say("✗ %s", line)
	}
	for _, v := range r.Waiting {
		say("等人处理 / waits for a person: %s", one(v))
	}
	if r.Clean() {
		say("账是平的，没有问题。 / Clean.")
	}
	return errors.Join(append(errs, w.Flush())...)
}

// mostLines is how many violations of one code are written out as text; JSON has all.
const mostLines = 20

func summed(vs []domain.Violation) []string {
	sorted := slices.Clone(vs)
	slices.SortStableFunc(sorted, func(a, b domain.Violation) int { return strings.Compare(a.Code, b.Code) })
	var lines []string
	seen := map[string]int{}
	for _, v := range sorted {
		if seen[v.Code]++; seen[v.Code] <= mostLines {
			lines = append(lines, one(v))
		}
	}
	for _, v := range sorted {
		if n := seen[v.Code]; n > mostLines {
			lines = append(lines, fmt.Sprintf("%s: … %d in all", v.Code, n))
			seen[v.Code] = 0
		}
	}
	return lines
}

func one(v domain.Violation) string {
	return fmt.Sprintf("%s %s: %s", v.Code, strings.Join(v.IDs, " "), v.Detail)
}
