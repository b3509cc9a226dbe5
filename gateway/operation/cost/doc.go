// Package cost weighs operations by the directives @cost and @listSize of the GraphQL Cost Directives specification (IBM, draft).
//
// The specification knows two sums. The field cost is what resolving takes: a field weighs 1 where it returns composites and 0 where it
// returns leaves, unless @cost says otherwise, together with its arguments and directives, once for each object that it is
// resolved for. The type cost is what the answer is made of: a composite weighs 1 and a leaf 0, unless @cost says otherwise.
// What a budget is spent on is the larger of the two.
//
//	Model      the schema's weights and list sizes, read once
//	Function   one operation's cost, compiled once, as a function of its variables
//	Estimate   before it is executed: an upper bound, as far as the schema's list sizes are
//	Actual     of the response: the lists' real lengths, what was null or left out not counted
//
// Where the draft leaves a choice: fields that stand twice in a selection set are counted twice; of fragments on different
// types those of the dearest type count; __schema and __type weigh a fixed amount, whatever is below them; a list without @listSize has
// the length that the configuration says.
package cost
