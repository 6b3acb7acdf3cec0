// Package simproc is a card processor that is not one: it stands in for the
// retailer's own processor in demonstrations and tests. It keeps authorizations
// and books, answers by each shopper's behaviour, keeps every answer under its
// key, and can lose, refuse or throttle calls. No money moves.
package simproc
