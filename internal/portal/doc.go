// Package portal is the HTTP door for shoppers: the page of a receipt at its
// unguessable address, and for the retailer's app, whose backend asks for the
// scan codes its shoppers show at the gate.
//
// A page that does not exist and one that may not be seen look the same. The
// app's door is closed until a key is configured.
package portal
