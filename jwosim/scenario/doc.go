// Package scenario tries a retailer's system with named scenarios: one for
// every case of the contract's lists of test cases, and for each lesson from
// the field, that Amazon's side can bring about.
//
// A [Scenario] has a stable name ("entry.expired-code", "pay.adjust-declined"),
// says what it does and what a good connector answers, and can fail. [All]
// lists them, [Match] finds them by name or pattern, and [Waiting] lists the
// cases that cannot be tried yet, or not from Amazon's side, with the reason.
// A [Runner] runs them against whatever connector its [jwosim.Sim] calls:
//
//	r := scenario.Runner{Sim: sim, Options: scenario.Options{Item: "SKU-1"}}
//	for _, sc := range scenario.All() {
//		fmt.Println(r.Run(ctx, sc))
//	}
//
// What a scenario cannot know is asked for in [Options]: scan codes are the
// retailer's own, as are SKUs. A scenario that lacks one of them is not
// applicable and says what is missing; it never passes by not having looked.
//
// A failed expectation is one that the contract documents or that money
// depends on. What is only assumed about Amazon, or only good manners, is
// advice: it is shown, and the scenario is still in order.
//
// Like the simulator this is NOT AMAZON: passing proves nothing about the
// real service.
package scenario
