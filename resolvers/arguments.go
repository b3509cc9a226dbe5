package resolvers

// defaultPage is the schema's default of first, for clients that send an explicit null.
const defaultPage = 20

func pageSize(first *int32) int {
	if first == nil {
		return defaultPage
	}
	return int(*first)
}

// value is what an optional argument holds, its zero where it was left out.
func value[T any](argument *T) T {
	if argument == nil {
		var zero T
		return zero
	}
	return *argument
}
