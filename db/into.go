package db

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"
)

// Into inserts many rows into a table by few statements. Make one for each table and keep it.
type Into struct {
	table, names string
	types        []string
	lists        string // the statement for a database that takes each column as one list
}

// NewInto returns what inserts into the columns of the table, each given as its name and its type, which is TEXT or BIGINT:
// "organisation TEXT, at BIGINT".
func NewInto(table, columns string) *Into {
	into := &Into{table: table}
	var names, lists []string
	for i, column := range strings.Split(columns, ",") {
		words := strings.Fields(column)
		if len(words) != 2 || words[1] != "TEXT" && words[1] != "BIGINT" {
			panic("db: not a column and its type: " + column)
		}
		names, into.types = append(names, words[0]), append(into.types, words[1])
		lists = append(lists, fmt.Sprintf("CAST($%d AS %s[])", i+1, words[1]))
	}
	into.names = strings.Join(names, ", ")
	into.lists = "INSERT INTO " + table + " (" + into.names + ") SELECT * FROM unnest(" + strings.Join(lists, ", ") + ")"
	return into
}

// Columns returns the names of the columns, "organisation, at".
func (into *Into) Columns() string { return into.names }

// mostRows bounds the rows of one statement that names each value, so that its parameters are few enough. Statements are
// of 1, 2, 4 … rows, so that there are few different texts to prepare.
const mostRows = 32

// Insert inserts the rows, whose values follow one another: texts, int64, Time, or nil.
func (tx *Tx) Insert(ctx context.Context, into *Into, values []any) error {
	columns := len(into.types)
	if len(values)%columns != 0 {
		panic("db: rows of " + into.table + " that are not whole")
	}
	if tx.dialect.lists && len(values) > columns {
		return tx.insertLists(ctx, into, values)
	}
	for size := mostRows; size > 0; size /= 2 {
		for len(values) >= size*columns {
			if _, err := tx.Exec(ctx, "INSERT INTO "+into.table+" ("+into.names+") VALUES "+places(size, columns), values[:size*columns]...); err != nil {
				return err
			}
			values = values[size*columns:]
		}
	}
	return nil
}

// insertLists inserts the rows by one statement with a list for each column.
func (tx *Tx) insertLists(ctx context.Context, into *Into, values []any) error {
	if err := tx.begin(values); err != nil {
		return err
	}
	lists := make([]any, len(into.types))
	for i, kind := range into.types {
		var err error
		if kind == "TEXT" {
			lists[i], err = list[string](values[i:], len(into.types))
		} else {
			lists[i], err = list[int64](values[i:], len(into.types))
		}
		if err != nil {
			return tx.note(fmt.Errorf("a value for %s: %w", into.table, err))
		}
	}
	_, err := tx.Exec(ctx, into.lists, lists...)
	return err
}

// list returns each step-th of the values as a list, of pointers where one of them is nil.
func list[T any](values []any, step int) (any, error) {
	n := (len(values) + step - 1) / step
	whole, pointers, lacking := make([]T, n), make([]*T, n), false
	for i := range n {
		v := values[i*step]
		if valuer, ok := v.(driver.Valuer); ok {
			var err error
			if v, err = valuer.Value(); err != nil {
				return nil, err
			}
		}
		if v == nil {
			lacking = true
			continue
		}
		t, ok := v.(T)
		if !ok {
			return nil, fmt.Errorf("%T where %T belongs", v, t)
		}
		whole[i], pointers[i] = t, &whole[i]
	}
	if lacking {
		return pointers, nil
	}
	return whole, nil
}

// OneOf returns the condition that what stands before it is one of the texts, "IN ($2, $3)" where first is 2, and its arguments.
func (tx *Tx) OneOf(first int, texts []string) (condition string, args []any) {
	if tx.dialect.lists {
		return fmt.Sprintf("= ANY(CAST($%d AS TEXT[]))", first), []any{texts}
	}
	var b strings.Builder
	b.WriteString("IN (")
	for i, text := range texts {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(first+i))
		args = append(args, text)
	}
	b.WriteByte(')')
	return b.String(), args
}

// places returns "($1, $2), ($3, $4)" for two rows of two columns.
func places(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			b.WriteString("($")
		case i%columns == 0:
			b.WriteString("), ($")
		default:
			b.WriteString(", $")
		}
		b.WriteString(strconv.Itoa(i + 1))
	}
	b.WriteByte(')')
	return b.String()
}
