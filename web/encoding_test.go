package web

import "testing"

func TestAcceptsGzip(t *testing.T) {
	tests := map[string]struct {
		fields []string
		want   bool
	}{
		"absent":                        {nil, false},
		"empty":                         {[]string{""}, false},
		"gzip":                          {[]string{"gzip"}, true},
		"a browser's list":              {[]string{"gzip, deflate, br, zstd"}, true},
		"capitals":                      {[]string{"GZIP"}, true},
		"the old name":                  {[]string{"x-gzip"}, true},
		"several fields":                {[]string{"br", "gzip"}, true},
		"anything":                      {[]string{"*"}, true},
		"others only":                   {[]string{"br, deflate"}, false},
		"a longer name":                 {[]string{"gzipped"}, false},
		"weighted":                      {[]string{"gzip;q=0.5"}, true},
		"spaces":                        {[]string{" gzip ; q=0.001 "}, true},
		"refused":                       {[]string{"gzip;q=0"}, false},
		"refused, anything else":        {[]string{"*, gzip;q=0.000"}, false},
		"anything refused but gzip":     {[]string{"gzip, *;q=0"}, true},
		"anything refused":              {[]string{"*;q=0"}, false},
		"identity preferred":            {[]string{"gzip;q=0.5, identity"}, false},
		"gzip preferred":                {[]string{"gzip, identity;q=0.5"}, true},
		"no preference":                 {[]string{"identity, gzip"}, true},
		"no weight":                     {[]string{"gzip;q=high"}, false},
		"not a number":                  {[]string{"gzip;q=NaN"}, false},
		"a weight above 1":              {[]string{"gzip;q=2"}, false},
		"a negative weight":             {[]string{"gzip;q=-1"}, false},
		"a parameter that is no weight": {[]string{"gzip;level=9"}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := acceptsGzip(tt.fields); got != tt.want {
				t.Errorf("acceptsGzip(%q) = %v, want %v", tt.fields, got, tt.want)
			}
		})
	}
}
