package price

import (
	"math/big"
	"math/bits"

	"github.com/strollhq/stroll/money"
)

// Bounds that keep every sum of a cart far inside 64 bits. A price beyond them
// is a fault of the data.
const (
	maxUnitPrice = 100_000_000_000    // minor units: a billion dollars
	maxLinePrice = 10_000_000_000_000 // minor units
	maxPieces    = 10_000             // pieces in a cart; more is parked for a person
)

var powers = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// ratio is the exact number num/den, not negative, den above 0.
type ratio struct{ num, den int64 }

// ratioOf is d × mul, and whether it fits: digits of d after the point are at
// most places.
func ratioOf(d money.Decimal, mul int64, places int) (ratio, bool) {
	n, scale, ok := d.Unscaled()
	for scale > 0 && n%10 == 0 {
		n, scale = n/10, scale-1
	}
	if !ok || n < 0 || scale > places {
		return ratio{}, false
	}
	hi, lo := bits.Mul64(uint64(n), uint64(mul))
	if hi != 0 || lo > 1<<62 {
		return ratio{}, false
	}
	for scale > 0 && lo%10 == 0 {
		lo, scale = lo/10, scale-1
	}
	return ratio{int64(lo), powers[scale]}, true
}

// half rounds quotient q with remainder r of a division by den: half up, or
// half to even.
func half(q, r, den uint64, even bool) int64 {
	switch {
	case r > den-r, r == den-r && (!even || q&1 == 1):
		q++
	}
	return int64(q)
}

// times is round(x × r) for 0 ≤ x within the bounds and a ratio of at most
// some thousands, so that the product of at most 128 bits always divides.
func (b *Book) times(x int64, r ratio) int64 {
	hi, lo := bits.Mul64(uint64(x), uint64(r.num))
	q, rem := bits.Div64(hi, lo, uint64(r.den))
	return half(q, rem, uint64(r.den), b.even)
}

// floorTimes is x × r without its fraction.
func floorTimes(x int64, r ratio) int64 {
	hi, lo := bits.Mul64(uint64(x), uint64(r.num))
	q, _ := bits.Div64(hi, lo, uint64(r.den))
	return int64(q)
}

// product is round(Π of the ratios) when it is at most max. Integers of 128
// bits carry everything a shop sells; longer numbers go through math/big.
func (b *Book) product(max int64, x, y, z ratio) (int64, bool) {
	n1, ok1 := mul64(y.num, z.num)
	d1, ok2 := mul64(x.den, y.den)
	d2, ok3 := mul64(d1, z.den)
	if ok1 && ok2 && ok3 {
		if hi, lo := bits.Mul64(uint64(x.num), uint64(n1)); hi < uint64(d2) {
			q, rem := bits.Div64(hi, lo, uint64(d2))
			if q >= uint64(max)+1 {
				return 0, false
			}
			v := half(q, rem, uint64(d2), b.even)
			return v, v <= max
		}
		return 0, false // beyond 64 bits and so beyond max
	}
	num, den := big.NewInt(1), big.NewInt(1)
	for _, r := range [...]ratio{x, y, z} {
		num.Mul(num, big.NewInt(r.num))
		den.Mul(den, big.NewInt(r.den))
	}
	q, rem := num.QuoRem(num, den, new(big.Int))
	if !q.IsInt64() || q.Int64() > max {
		return 0, false
	}
	v := q.Int64()
	if c := rem.Lsh(rem, 1).Cmp(den); c > 0 || c == 0 && (!b.even || v&1 == 1) {
		v++
	}
	return v, v <= max
}

func mul64(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	return int64(lo), hi == 0 && lo <= 1<<62
}
