// Stroll is the retailer's side of an Amazon Just Walk Out store.
package main

import (
	"os"
	_ "time/tzdata" // time zones on machines that have none

	"github.com/strollhq/stroll/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }
