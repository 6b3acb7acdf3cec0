// Package money holds amounts in minor units, exact decimals for rates and
// weights, and the one way back from a decimal to an amount: a named rounding.
//
// An Amount is an integer count of a currency's smallest unit (cents, yen) and
// is what is stored, added and shown. A Decimal is an exact decimal number
// (a tax rate, a weight, a unit price with more digits than the currency) and
// is never stored as money. No value passes through a binary float, in JSON
// and YAML included.
package money
