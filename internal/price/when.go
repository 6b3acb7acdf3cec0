package price

import (
	"fmt"
	"reflect"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/vm"

	"github.com/strollhq/stroll/money"
)

// Conditions is what the expression of a promotion's When sees, by the names
// in the tags, besides the function amount("25.00"), which is that amount in
// minor units:
//
//	cart.subtotal >= amount("25.00") and weekday in ["sat", "sun"]
//	shopper.loyalty and cart.pieces_of("coffee") > 1
//
// Amounts are integers of minor units; expressions that make decimals (1.5,
// a / b) are refused, because they would be binary fractions.
type Conditions struct {
	Cart    ConditionCart    `expr:"cart"`
	Shopper ConditionShopper `expr:"shopper"`
	// Entry is SCAN_CODE or FINANCIAL, or empty when not known.
	Entry string `expr:"entry"`
	// Weekday is mon … sun, Hour 0 to 23, Minute 0 to 59, Date "2026-07-31": the
	// moment of the cart by the store's clock.
	Weekday string `expr:"weekday"`
	Hour    int    `expr:"hour"`
	Minute  int    `expr:"minute"`
	Date    string `expr:"date"`
}

// ConditionCart is the cart in Conditions.
type ConditionCart struct {
	// Subtotal is the sum of shelf prices; Remaining what earlier promotions
	// left of it. Minor units.
	Subtotal  int `expr:"subtotal"`
	Remaining int `expr:"remaining"`
	// Pieces counts pieces, weighed lines as one; Lines counts lines.
	Pieces int `expr:"pieces"`
	Lines  int `expr:"lines"`
	// PiecesOf counts the pieces of a SKU, category or tag.
	PiecesOf func(name string) int `expr:"pieces_of"`
}

// ConditionShopper is the shopper in Conditions.
type ConditionShopper struct {
	// Kind is SHOPPER, ASSOCIATE or CASH_SHOPPER, or empty when not known.
	Kind string `expr:"kind"`
	// Known says that there is an id, Loyalty that the shopper belongs to the
	// loyalty programme.
	Known   bool `expr:"known"`
	Loyalty bool `expr:"loyalty"`
}

// condition compiles a When.
func (c *compiler) condition(path, text string) *vm.Program {
	cur := c.b.currency
	amount := expr.Function("amount", func(params ...any) (any, error) {
		a, err := money.ParseAmount(params[0].(string), cur)
		return int(a.Minor), err
	}, new(func(string) int))
	check := &noFloat{}
	options := []expr.Option{
		expr.Env(Conditions{}), expr.AsBool(), expr.DisableAllBuiltins(), amount,
		expr.Patch(check), func(c *conf.Config) { c.Optimize = true },
	}
	program, err := expr.Compile(text, options...)
	switch {
	case err != nil:
		c.add(path, "%v", err)
	case check.found != "":
		c.add(path, "makes a decimal at %s: write amounts as amount(\"1.50\")", check.found)
	default:
		c.amounts(path, program.Node())
		return program
	}
	return nil
}

// noFloat finds what would calculate with binary fractions.
type noFloat struct{ found string }

func (v *noFloat) Visit(node *ast.Node) {
	n := *node
	if t := n.Type(); t != nil && t.Kind() == reflect.Float64 {
		v.found = n.String()
	}
	if f, ok := n.(*ast.FloatNode); ok {
		v.found = fmt.Sprint(f.Value)
	}
	if o, ok := n.(*ast.BinaryNode); ok && (o.Operator == "/" || o.Operator == "**" || o.Operator == "^") {
		v.found = o.String()
	}
}

// amounts tries every constant amount, so that a wrong one is refused when the
// store is loaded.
func (c *compiler) amounts(path string, root ast.Node) {
	ast.Walk(&root, visitor(func(n ast.Node) {
		call, ok := n.(*ast.CallNode)
		if !ok || len(call.Arguments) != 1 {
			return
		}
		name, ok1 := call.Callee.(*ast.IdentifierNode)
		text, ok2 := call.Arguments[0].(*ast.StringNode)
		if ok1 && ok2 && name.Value == "amount" {
			if _, err := money.ParseAmount(text.Value, c.b.currency); err != nil {
				c.add(path, "%v", err)
			}
		}
	}))
}

type visitor func(ast.Node)

func (v visitor) Visit(n *ast.Node) { v(*n) }

// conditions fills what stays the same for all promotions of a cart.
func (w *work) conditions(c *Cart, local time.Time) {
	w.env = Conditions{
		Shopper: ConditionShopper{Kind: c.Kind, Known: c.Shopper != "", Loyalty: c.Loyalty},
		Entry:   c.Entry, Weekday: weekdays[local.Weekday()],
		Hour: local.Hour(), Minute: local.Minute(), Date: local.Format(time.DateOnly),
	}
	w.env.Cart.Lines = len(w.rows)
	for i := range w.rows {
		w.env.Cart.Subtotal += int(w.rows[i].price)
		w.env.Cart.Pieces += int(w.rows[i].pieces)
	}
	w.env.Cart.PiecesOf = w.piecesOf
}

func (w *work) piecesOf(name string) int {
	n := 0
	for i := range w.rows {
		it := w.rows[i].e.item
		if it.SKU == name || it.Category == name || containsString(it.Tags, name) {
			n += int(w.rows[i].pieces)
		}
	}
	return n
}

// refused evaluates a promotion's condition: the sentence for a no, or for a
// condition that cannot be evaluated, which never blocks the sale.
func (w *work) refused(p *promo) string {
	w.env.Cart.Remaining = 0
	for i := range w.units {
		w.env.Cart.Remaining += int(w.units[i].left)
	}
	yes, err := w.vm.Run(p.when, &w.env)
	switch {
	case err != nil:
		return "its condition cannot be evaluated: " + err.Error()
	case yes != true:
		return p.unless
	}
	return ""
}
