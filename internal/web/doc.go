// Package web is what the HTTP surfaces for people share: the page around the
// content, the one style sheet, error pages, security headers and limits on
// callers. Pages need no JavaScript, no font and no host but ours.
package web
