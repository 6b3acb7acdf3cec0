package jwo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
)

// canonicalRequest is the text that was signed.
func canonicalRequest(r *http.Request, size int, signed []string, hash string) (string, error) {
	var b strings.Builder
	b.WriteString(r.Method + "\n")
	b.WriteString(canonicalPath(r.URL.EscapedPath()) + "\n")
	b.WriteString(canonicalQuery(r.URL.RawQuery) + "\n")
	for _, name := range signed {
		value, err := headerValue(r, size, name)
		if err != nil {
			return "", err
		}
		b.WriteString(name + ":" + value + "\n")
	}
	b.WriteString("\n" + strings.Join(signed, ";") + "\n" + hash)
	return b.String(), nil
}

func headerValue(r *http.Request, size int, name string) (string, error) {
	switch name {
	case "host":
		return r.Host, nil
	case "content-length":
		return strconv.Itoa(size), nil
	}
	values := r.Header[textproto.CanonicalMIMEHeaderKey(name)]
	if len(values) == 0 || strings.ToLower(name) != name {
		return "", refuse("a signed header is absent")
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = squeeze(v)
	}
	return strings.Join(trimmed, ","), nil
}

// squeeze trims white space and makes runs of spaces one, as the signer does.
func squeeze(s string) string {
	var b strings.Builder
	space := false
	for _, c := range []byte(strings.TrimSpace(s)) {
		if c != ' ' || !space {
			b.WriteByte(c)
		}
		space = c == ' '
	}
	return b.String()
}

// canonicalPath escapes the already escaped path again, as every service but
// S3 wants it.
func canonicalPath(escaped string) string {
	if escaped == "" {
		return "/"
	}
	return escape(escaped, "/")
}

// canonicalQuery sorts the parameters. Escapes stay as they were sent: to
// decode them first would let two spellings share a signature.
func canonicalQuery(raw string) string {
	if raw == "" {
		return ""
	}
	pairs := strings.Split(raw, "&")
	for i, pair := range pairs {
		k, v, _ := strings.Cut(pair, "=")
		pairs[i] = escape(k, "%") + "=" + escape(v, "%")
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// escape percent-encodes all but unreserved characters and those of keep.
func escape(s, keep string) string {
	const hexadecimal = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("-_.~"+keep, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hexadecimal[c>>4])
		b.WriteByte(hexadecimal[c&15])
	}
	return b.String()
}

// sign is the signature that the holder of secret makes of the request.
func (a authorization) sign(secret, stamp, canonical string) []byte {
	sum := sha256.Sum256([]byte(canonical))
	scope := strings.Join([]string{a.date, a.region, a.service, "aws4_request"}, "/")
	text := strings.Join([]string{algorithm, stamp, scope, hex.EncodeToString(sum[:])}, "\n")
	key := []byte("AWS4" + secret)
	for _, part := range []string{a.date, a.region, a.service, "aws4_request", text} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return key
}
