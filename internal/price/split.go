package price

import (
	"cmp"
	"math/bits"
	"slices"
)

// splitter spreads amounts by largest remainder like money.Allocate, into
// memory it keeps, and in n log n for carts of thousands of pieces.
type splitter struct {
	rest []remainder
}

type remainder struct {
	part int
	rem  uint64
}

// split adds to out[i] the share of total that weights[i] has in their sum.
// total and weights are not negative; the shares sum to total; what is left
// over goes to the largest remainders, ties to the first. All weights 0: an
// even split. When total is at most the sum of weights, no share exceeds its
// weight.
func (s *splitter) split(total int64, weights, out []int64) {
	if total == 0 || len(weights) == 0 {
		return
	}
	var sum int64
	for _, w := range weights {
		sum += w
	}
	if len(weights) == 1 {
		out[0] += total
		return
	}
	s.rest = s.rest[:0]
	left := total
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(total), uint64(w))
		den := uint64(sum)
		if sum == 0 {
			hi, lo, den = 0, uint64(total), uint64(len(weights))
		}
		q, r := bits.Div64(hi, lo, den)
		out[i] += int64(q)
		left -= int64(q)
		s.rest = append(s.rest, remainder{i, r})
	}
	if left == 0 {
		return
	}
	slices.SortStableFunc(s.rest, func(a, b remainder) int { return cmp.Compare(b.rem, a.rem) })
	for _, r := range s.rest[:left] {
		out[r.part]++
	}
}
