package jwosim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

// Kinds of fault, as History names them.
const (
	faultTooMany   = "429"
	fault500       = "500"
	fault503       = "503"
	fault500After  = "500-after"
	faultReset     = "reset"
	faultLost      = "lost"
	faultCut       = "cut"
	faultMalformed = "malformed"
	faultHang      = "hang"
	faultExpired   = "expired"
	faultRevoked   = "revoked"
)

// hash mixes the seed with what a draw is about.
func (s *Sim) hash(parts ...string) [32]byte {
	b := binary.BigEndian.AppendUint64(nil, s.cfg.Seed)
	for _, p := range parts {
		b = binary.AppendUvarint(b, uint64(len(p)))
		b = append(b, p...)
	}
	return sha256.Sum256(b)
}

// draw is a source of random numbers that belongs to these words alone.
func (s *Sim) draw(parts ...string) *rand.Rand {
	h := s.hash(parts...)
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(h[:8]), binary.BigEndian.Uint64(h[8:16])))
}

// id is a UUID (version 4 in form) for the n-th thing of a kind and key.
func (s *Sim) id(kind, key string, n int) string {
	h := s.hash("id", s.cfg.Run, kind, key, strconv.Itoa(n))
	h[6] = h[6]&0x0f | 0x40
	h[8] = h[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// happens draws once for a whole trip or event.
func (s *Sim) happens(p float64, what, key string) bool {
	return p > 0 && s.draw("happens", what, key).Float64() < p
}

// fault draws the fault of one attempt and its latency.
func (f Faults) fault(r *rand.Rand, attempt int) (kind string, wait time.Duration) {
	u, wait := r.Float64(), f.Latency.sample(r)
	most := f.Most
	if most == 0 {
		most = 8
	}
	if most >= 0 && attempt >= most {
		return "", wait
	}
	for _, k := range []struct {
		p    float64
		kind string
	}{
		{f.TooMany, faultTooMany}, {f.Error500, fault500}, {f.Error503, fault503}, {f.After500, fault500After},
		{f.Reset, faultReset}, {f.Lost, faultLost}, {f.Cut, faultCut}, {f.Malformed, faultMalformed},
		{f.Expired, faultExpired}, {f.Revoked, faultRevoked},
	} {
		if u < k.p {
			return k.kind, wait
		}
		u -= k.p
	}
	return "", wait
}

func (l Latency) sample(r *rand.Rand) time.Duration {
	switch l.Law {
	case LogNormal:
		if l.Typical <= 0 {
			return 0
		}
		sigma := math.Log(float64(l.Long)/float64(l.Typical)) / 2.326348 // the normal law's 99th percentile
		d := float64(l.Typical) * math.Exp(sigma*r.NormFloat64())
		return time.Duration(min(d, float64(4*l.Long))) // no single wait without an end
	case LongTail:
		if r.Float64() < 0.01 {
			return l.Long
		}
	}
	return l.Typical
}

// skew is how far the clock of this trip's gate is off.
func (s *Sim) skew(f Faults, key string) time.Duration {
	if f.Skew <= 0 {
		return 0
	}
	return time.Duration(s.draw("skew", key).Int64N(2*int64(f.Skew)+1)) - f.Skew
}
