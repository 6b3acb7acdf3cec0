package cart

// ContentOf is what tells carts of one trip apart.
var ContentOf = contentOf
