package money

import (
	"fmt"
	"math/bits"

	"github.com/cockroachdb/apd/v3"
)

// Rounding names a way from an exact number to minor units. There is no other
// way back, and no default in the functions: the store's setting names it.
type Rounding string

const (
	// HalfUp rounds a midpoint away from zero: 0.125 becomes 0.13.
	HalfUp Rounding = "half_up"
	// HalfEven rounds a midpoint to the even neighbour: 0.125 becomes 0.12.
	HalfEven Rounding = "half_even"
)

// Check refuses an unknown name.
func (r Rounding) Check() error {
	if r != HalfUp && r != HalfEven {
		return fmt.Errorf("rounding %.20q: not %s or %s", string(r), HalfUp, HalfEven)
	}
	return nil
}

// Round is d in minor units of c. An amount that does not fit 64 bits is an
// error.
func (r Rounding) Round(d Decimal, c Currency) (Amount, error) {
	if err := r.Check(); err != nil {
		return Amount{}, err
	}
	ctx := apd.BaseContext.WithPrecision(60)
	ctx.Rounding = apd.RoundHalfUp
	if r == HalfEven {
		ctx.Rounding = apd.RoundHalfEven
	}
	var q apd.Decimal
	if _, err := ctx.Quantize(&q, &d.d, int32(-c.Digits())); err != nil {
		return Amount{}, fmt.Errorf("round %s to %s: %w", d, c, err)
	}
	return minor(q, c)
}

// Exact is d in minor units of c, and an error if that would need a rounding.
func Exact(d Decimal, c Currency) (Amount, error) {
	ctx := *exact
	var q apd.Decimal
	if _, err := ctx.Quantize(&q, &d.d, int32(-c.Digits())); err != nil {
		// Quantize reports Rounded also when only zeros are dropped.
		ctx.Traps &^= apd.Rounded
		if _, err := ctx.Quantize(&q, &d.d, int32(-c.Digits())); err != nil {
			return Amount{}, fmt.Errorf("%s %s: more than %d decimals", d, c, c.Digits())
		}
	}
	return minor(q, c)
}

func minor(q apd.Decimal, c Currency) (Amount, error) {
	q.Exponent = 0
	n, err := q.Int64()
	if err != nil {
		return Amount{}, fmt.Errorf("%s minor units of %s: too large", &q, c)
	}
	return Amount{n, c}, nil
}

// Allocate splits total over the weights by largest remainder: the parts are
// proportional, differ from the exact share by less than one unit, and sum to
// total; a tie goes to the first. Weights are not negative; when all are zero
// the split is even. A negative total is split like its opposite. No weights,
// no parts.
func Allocate(total int64, weights []int64) []int64 {
	parts := make([]int64, len(weights))
	if len(weights) == 0 {
		return parts
	}
	if total < 0 {
		for i, p := range Allocate(-total, weights) {
			parts[i] = -p
		}
		return parts
	}
	var sum uint64
	for _, w := range weights {
		sum += uint64(w)
	}
	if sum == 0 {
		even := make([]int64, len(weights))
		for i := range even {
			even[i] = 1
		}
		return Allocate(total, even)
	}
	rest := total
	remainder := make([]uint64, len(weights))
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(total), uint64(w))
		share, rem := bits.Div64(hi, lo, sum)
		parts[i], remainder[i] = int64(share), rem
		rest -= int64(share)
	}
	// rest is less than the number of parts: one unit each to the largest.
	for ; rest > 0; rest-- {
		best := 0
		for i := range remainder {
			if remainder[i] > remainder[best] {
				best = i
			}
		}
		parts[best]++
		remainder[best] = 0
	}
	return parts
}
