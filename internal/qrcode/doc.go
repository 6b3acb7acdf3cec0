// Package qrcode draws scan codes: as blocks for a terminal, as PNG and as
// SVG. All three have the quiet zone of four modules that scanners need, and
// are black on white whatever surrounds them.
package qrcode
