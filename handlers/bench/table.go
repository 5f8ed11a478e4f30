package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// table collects figures by engine and prints them once.
type table struct {
	columns []string
	rows    []*row
}

type row struct {
	title bool
	name  string
	cells map[string]string
}

// title starts a group of rows; the same title twice is one.
func (t *table) title(name string) {
	if !slices.ContainsFunc(t.rows, func(r *row) bool { return r.title && r.name == name }) {
		t.rows = append(t.rows, &row{title: true, name: name})
	}
}

// add sets the figure of an engine in the row of that name below a title.
func (t *table) add(title, name, engine, format string, args ...any) {
	t.title(title)
	in := ""
	last := -1
	for i, r := range t.rows {
		if r.title {
			in = r.name
		}
		if in != title {
			continue
		}
		last = i
		if !r.title && r.name == name {
			r.cells[engine] = fmt.Sprintf(format, args...)
			return
		}
	}
	fresh := &row{name: name, cells: map[string]string{engine: fmt.Sprintf(format, args...)}}
	t.rows = slices.Insert(t.rows, last+1, fresh)
}

func (t *table) print(out io.Writer) error {
	tw := tabwriter.NewWriter(out, 2, 8, 3, ' ', 0)
	fmt.Fprintf(tw, "\t%s\n", strings.Join(t.columns, "\t"))
	for _, r := range t.rows {
		if r.title {
			fmt.Fprintf(tw, "%s%s\n", r.name, strings.Repeat("\t", len(t.columns)))
			continue
		}
		cells := make([]string, len(t.columns))
		for i, c := range t.columns {
			cells[i] = "-"
			if v, ok := r.cells[c]; ok {
				cells[i] = v
			}
		}
		fmt.Fprintf(tw, "  %s\t%s\n", r.name, strings.Join(cells, "\t"))
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	return nil
}

// rate is events per second with its thousands parted.
func rate(n int, span time.Duration) string {
	if span <= 0 {
		return "-"
	}
	return thousands(int64(float64(n) / span.Seconds()))
}

func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// brief is a duration in the unit that people compare.
func brief(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
