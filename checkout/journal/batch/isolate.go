package batch

// Isolate does ops together and, where one of them spoils it for the others, each on its own, so that an op which can never succeed
// takes no other along. Together reports spoilt when an op failed in a way that undid them all, and nothing was written.
func Isolate[Op any](ops []Op, together func([]Op) (errs []error, spoilt bool)) []error {
	errs, spoilt := together(ops)
	if !spoilt || len(ops) == 1 {
		return errs
	}
	for i := range ops {
		alone, _ := together(ops[i : i+1])
		errs[i] = alone[0]
	}
	return errs
}
