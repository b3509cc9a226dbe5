package ratelimit

import (
	"slices"
	"testing"
	"time"
)

func TestLimitsOfAClass(t *testing.T) {
	all := Config{
		User:    Limit{Burst: 1, Every: time.Second},
		Fields:  []FieldLimit{{"Mutation.place", Limit{Burst: 10, Every: time.Second}}, {"Query.me", Limit{Burst: 5, Every: time.Second}}},
		Classes: map[string]Class{"partner": {User: Limit{Burst: 100}, Fields: []FieldLimit{{"Mutation.place", Limit{Burst: 50, Every: time.Second}}}}},
	}.WithDefaults()
	partner := all.in("partner")
	if partner.User != (Limit{Burst: 100, Every: time.Second}) || partner.Cost != all.Cost || len(partner.Fields) != 2 ||
		partner.Fields[0].Burst != 50 || partner.Fields[1].Field != "Query.me" {
		t.Errorf("%+v", partner)
	}
	if all.User.Burst != 1 || all.Fields[0].Burst != 10 {
		t.Errorf("everybody's changed: %+v", all)
	}
	all.Classes["bad"] = Class{User: Limit{Burst: -1}, Fields: []FieldLimit{{"place", Limit{Burst: 1, Every: 1}}}}
	all.User.Every = -1
	var paths []string
	for _, p := range all.Validate() {
		paths = append(paths, p.Path)
	}
	if want := []string{"user.every", "classes.bad.fields[0].field", "classes.bad.user.burst", "classes.bad.user.every", "classes.partner.user.every"}; !slices.Equal(paths, want) {
		t.Errorf("%v", paths)
	}
	all.User.Every = time.Second
	if other := all.in("nobody's"); other.User != all.User || len(other.Fields) != 2 {
		t.Errorf("%+v", other)
	}
}
