// Package contract checks HTTP exchanges against an OpenAPI 3 document in tests.
// It stands apart from testkit so that only tests link an OpenAPI library.
package contract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"tiffin/internal/testkit"
)

// Handler passes each request on to next and each response back, and reports by
// t.Errorf whatever the OpenAPI document at specPath does not allow: a path,
// method, query parameter, body, status, header or content type that it does not
// list, or one that does not match its schema. Nothing can be exempted; a test
// that sends what the contract forbids talks to the handler without this one.
//
// The exchange itself is not changed, also when it breaks the contract, and
// streams are not held up. A handler that panics or takes over the connection
// has sent no response to check. Security requirements are left to the handler,
// whose 401 the contract lists. The document is read once per process, and one
// that is not valid ends the test.
func Handler(t testkit.T, specPath string, next http.Handler) http.Handler {
	t.Helper()
	router, err := loadOnce(specPath)
	if err != nil {
		t.Fatalf("contract %s: %v", specPath, err)
		return next
	}
	return &checker{t: t, spec: specPath, router: router, next: next}
}

// checker is one handler's check.
type checker struct {
	t      testkit.T
	spec   string
	router routers.Router
	next   http.Handler
}

// ServeHTTP implements http.Handler.
func (c *checker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	route, pathParams, err := c.router.FindRoute(r)
	if err != nil {
		c.report(r, "request", fmt.Errorf("no such path and method: %w", err))
		c.next.ServeHTTP(w, r)
		return
	}
	input := &openapi3filter.RequestValidationInput{
		Request:    r,
		PathParams: pathParams,
		Route:      route,
		Options:    options(),
	}
	c.report(r, "request", checkRequest(r.Context(), input))
	rec := &recorder{ResponseWriter: w}
	c.next.ServeHTTP(rec, r)
	if !rec.hijacked {
		ctx := context.WithoutCancel(r.Context()) // the response may have outlived it
		c.report(r, fmt.Sprintf("response %d", rec.code()), checkResponse(ctx, input, rec))
	}
}

func (c *checker) report(r *http.Request, what string, err error) {
	c.t.Helper()
	if err != nil {
		c.t.Errorf("contract %s: %s of %s %s: %v", c.spec, what, r.Method, r.URL, err)
	}
}

// options are as strict as the library can be; what it leaves out, checkRequest
// and checkResponse add.
func options() *openapi3filter.Options {
	o := &openapi3filter.Options{
		IncludeResponseStatus:             true,
		MultiError:                        true,
		RejectWhenRequestBodyNotSpecified: true,
		SkipSettingDefaults:               true, // the exchange stays as it is
		AuthenticationFunc:                openapi3filter.NoopAuthenticationFunc,
	}
	o.WithCustomSchemaErrorFunc(func(err *openapi3.SchemaError) string {
		return fmt.Sprintf("/%s: %s", strings.Join(err.JSONPointer(), "/"), err.Reason)
	})
	return o
}

func checkRequest(ctx context.Context, input *openapi3filter.RequestValidationInput) error {
	if err := openapi3filter.ValidateRequest(ctx, input); err != nil {
		return err
	}
	for name := range input.Request.URL.Query() {
		if !declaresQuery(input.Route, name) {
			return fmt.Errorf("the query parameter %q is not in the contract", name)
		}
	}
	return nil
}

func declaresQuery(route *routers.Route, name string) bool {
	params := slices.Concat(route.Operation.Parameters, route.PathItem.Parameters)
	return params.GetByInAndName(openapi3.ParameterInQuery, name) != nil
}

func checkResponse(ctx context.Context, input *openapi3filter.RequestValidationInput, rec *recorder) error {
	response := documented(input.Route, rec.code())
	switch {
	case response == nil:
		return errors.New("the status is not in the contract")
	case len(response.Content) == 0 && rec.body.Len() > 0:
		return fmt.Errorf("the contract lists no body, this one has %d bytes", rec.body.Len())
	case len(response.Content) > 0 && rec.body.Len() == 0 && input.Request.Method != http.MethodHead:
		return errors.New("the contract lists a body, this response has none")
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input,
		Status:                 rec.code(),
		Header:                 rec.sent(),
		Options:                input.Options,
	}
	return openapi3filter.ValidateResponse(ctx, out.SetBodyBytes(rec.body.Bytes()))
}

// documented finds what the contract says of a status. The library does so too,
// but takes redirects and 304 as allowed everywhere.
func documented(route *routers.Route, status int) *openapi3.Response {
	ref := route.Operation.Responses.Status(status)
	if ref == nil {
		ref = route.Operation.Responses.Default()
	}
	if ref == nil {
		return nil
	}
	return ref.Value
}
