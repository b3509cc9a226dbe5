package fault

// Invalid is one problem of a configuration: where, why, and what to do. Packages that own a Config report all of theirs at once.
type Invalid struct {
	// Path is the key as a person writes it, relative to the reporting Config: "services.orders.url", "listen".
	Path string
	// Reason says what is wrong, Remedy what is right.
	Reason, Remedy string
}

func (i Invalid) Error() string {
	text := i.Reason
	if i.Path != "" {
		text = i.Path + ": " + text
	}
	if i.Remedy != "" {
		text += "; " + i.Remedy
	}
	return text
}

// Under returns the problems as seen from the Config that holds this one under key.
func Under(key string, problems []Invalid) []Invalid {
	out := make([]Invalid, len(problems))
	for n, p := range problems {
		if p.Path != "" {
			p.Path = "." + p.Path
		}
		p.Path = key + p.Path
		out[n] = p
	}
	return out
}
