package gateway_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"tiffin/gateway"
)

const (
	graphqlType = "application/graphql-response+json"
	jsonType    = "application/json"
)

// What of GraphQL over HTTP is a status: every kind of request with both media types.
func TestStatus(t *testing.T) {
	hello := "{hello}"
	cases := []struct {
		name          string
		request       request
		graphql, json int
		code          string
	}{
		{"query", post(hello), 200, 200, ""},
		{"mutation", post("mutation{slowly}"), 200, 200, ""},
		{"GET", request{method: "GET", query: "query={hello}"}, 200, 200, ""},
		{"partial answer", post(`{hello fail(kind:"unavailable")}`), 200, 200, "SERVICE_UNAVAILABLE"},
		{"data null", post("{failHard}"), 500, 200, "INTERNAL"},

		{"no JSON", request{body: "{hello}"}, 400, 400, "BAD_REQUEST"},
		{"empty body", request{header: map[string]string{"Content-Type": jsonType}}, 400, 400, "BAD_REQUEST"},
		{"batch", request{body: `[{"query":"{hello}"}]`}, 400, 400, "BAD_REQUEST"},
		{"no query", request{body: `{}`}, 400, 400, "BAD_REQUEST"},
		{"query of the wrong type", request{body: `{"query":{"a":1}}`}, 400, 400, "BAD_REQUEST"},
		{"operation that is not there", request{body: `{"query":"query A{hello}","operationName":"B"}`}, 400, 400, "BAD_REQUEST"},
		{"operation not named", post("query A{hello} query B{hello}"), 400, 400, "BAD_REQUEST"},
		{"subscription", post("subscription{tick}"), 400, 400, "BAD_REQUEST"},

		{"document does not parse", post("{"), 400, 200, "GRAPHQL_PARSE_FAILED"},
		{"document without operation", post("fragment F on Query{hello}"), 400, 200, "GRAPHQL_PARSE_FAILED"},
		{"document is not valid", post("{nothing}"), 400, 200, "GRAPHQL_VALIDATION_FAILED"},
		{"variable is not right", post("query($n:Int!){fails(times:$n)}", `{"n":"x"}`), 400, 200, "BAD_USER_INPUT"},
		{"variable is missing", post("query($n:Int!){fails(times:$n)}"), 400, 200, "BAD_USER_INPUT"},

		{"mutation by GET", request{method: "GET", query: "query=mutation{slowly}"}, 405, 405, "METHOD_NOT_ALLOWED"},
		{"PUT", request{method: "PUT", body: `{"query":"{hello}"}`}, 405, 405, "METHOD_NOT_ALLOWED"},
		{"no content type", request{method: "POST"}, 415, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"form", post(hello).with("Content-Type", "application/x-www-form-urlencoded"), 415, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"text", post(hello).with("Content-Type", "text/plain"), 415, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"upload", post(hello).with("Content-Type", "multipart/form-data; boundary=x"), 415, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"charset", post(hello).with("Content-Type", "application/json; charset=utf-16"), 415, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"charset UTF-8", post(hello).with("Content-Type", "application/json; charset=UTF-8"), 200, 200, ""},
		{"compressed", post(hello).with("Content-Encoding", "gzip"), 415, 415, "UNSUPPORTED_MEDIA_TYPE"},
	}
	synctest.Test(t, func(t *testing.T) {
		e := start(t, development())
		for _, c := range cases {
			for media, want := range map[string]int{graphqlType: c.graphql, jsonType: c.json} {
				got := e.do(c.request.with("Accept", media))
				if got.status != want || got.code() != c.code {
					t.Errorf("%s as %s: %d %s, want %d %s: %s", c.name, media, got.status, got.code(), want, c.code, got.text)
				}
				checkHeader(t, c.name, got.header, media)
				if hasData := len(got.body.Data) > 0; hasData != (c.name == "data null" || got.status == 200 && c.graphql == 200) {
					t.Errorf("%s as %s: data %s with status %d", c.name, media, got.body.Data, got.status)
				}
			}
		}
	})
}

func checkHeader(t *testing.T, name string, h http.Header, media string) {
	t.Helper()
	for key, want := range map[string]string{
		"Content-Type": media + "; charset=utf-8", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
	} {
		if got := h.Get(key); got != want {
			t.Errorf("%s: %s is %q, want %q", name, key, got, want)
		}
	}
	if h.Get("X-Request-Id") == "" {
		t.Errorf("%s: no X-Request-Id", name)
	}
}

// The statuses of the draft of 2026-08 are a choice of the operator's, and only for clients that name GraphQL's media type.
func TestStatusesOfTheDraft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cfg gateway.Config
		cfg.Transport.Unprocessable, cfg.Transport.PartialStatus = true, true
		e := start(t, cfg)
		for name, c := range map[string]struct {
			request       request
			graphql, json int
		}{
			"whole":        {post("{hello}"), 200, 200},
			"partial":      {post(`{hello fail(kind:"unavailable")}`), 294, 200},
			"no JSON":      {request{body: "{"}, 400, 400},
			"no document":  {post("{"), 400, 200},
			"no such name": {post("{nothing}"), 422, 200},
			"variable":     {post("query($n:Int!){fails(times:$n)}", `{"n":"x"}`), 422, 200},
			"limit":        {post("{" + strings.Repeat("a:hello ", 11) + "}"), 400, 400},
			"nobody":       {post("{secret}"), 401, 401},
		} {
			for media, want := range map[string]int{graphqlType: c.graphql, jsonType: c.json} {
				if got := e.do(c.request.with("Accept", media)); got.status != want {
					t.Errorf("%s, %s: %d %s, want %d", name, media, got.status, got.text, want)
				}
			}
		}
	})
}

func TestAllow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, development())
		for _, c := range []struct {
			request request
			allow   string
		}{
			{request{method: "DELETE"}, "GET, POST"},
			{request{method: "OPTIONS"}, "GET, POST"},
			{request{method: "GET", query: "query=mutation{slowly}"}, "POST"},
		} {
			if got := e.do(c.request); got.status != 405 || got.header.Get("Allow") != c.allow {
				t.Errorf("%+v: %d, Allow %q", c.request, got.status, got.header.Get("Allow"))
			}
		}
	})
}

func TestNotAcceptable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := start(t, development()).do(post("{hello}").with("Accept", "text/html"))
		if got.status != 406 || got.code() != "NOT_ACCEPTABLE" || !strings.HasPrefix(got.header.Get("Content-Type"), jsonType) {
			t.Errorf("%d %s %s", got.status, got.code(), got.header)
		}
	})
}

func TestGet(t *testing.T) {
	document := url.Values{"query": {"query A($t:String){echo(text:$t)} query B{hello}"}, "operationName": {"A"}, "variables": {`{"t":"x"}`}}
	cases := []struct {
		name, query string
		status      int
		text        string
	}{
		{"everything", document.Encode(), 200, `{"data":{"echo":"{\"text\":\"x\"}"}}`},
		{"variables null", "query={hello}&variables=null&extensions=null&operationName=", 200, `{"data":{"hello":"hello world"}}`},
		{"no query", "operationName=A", 400, "query is missing"},
		{"twice", "query={hello}&query={hello}", 400, "more than once"},
		{"variables are a list", "query={hello}&variables=[]", 400, "variables must be a JSON object"},
		{"variables are cut", `query={hello}&variables={"a"`, 400, "variables must be a JSON object"},
		{"not URL-encoded", "query=%zz", 400, "URL-encoded"},
	}
	synctest.Test(t, func(t *testing.T) {
		e := start(t, development())
		for _, c := range cases {
			if got := e.do(request{method: "GET", query: c.query}); got.status != c.status || !strings.Contains(got.text, c.text) {
				t.Errorf("%s: %d %s", c.name, got.status, got.text)
			}
		}
	})
}

// A page of somebody else can make a browser send these; only a request that makes the browser ask first is served.
func TestForeignPagesCannotSendGET(t *testing.T) {
	simple := request{method: "GET", query: "query={hello}"}
	cases := []struct {
		name    string
		request request
		status  int
	}{
		{"link", simple, 400},
		{"form", simple.with("Content-Type", "application/x-www-form-urlencoded"), 400},
		{"text", simple.with("Content-Type", "text/plain;charset=UTF-8"), 400},
		{"upload", simple.with("Content-Type", "multipart/form-data; boundary=x"), 400},
		{"garbage type", simple.with("Content-Type", ";"), 400},
		{"JSON type", simple.with("Content-Type", jsonType), 200},
		{"operation name", simple.with("X-Operation-Name", "A"), 200},
		{"Apollo's operation name", simple.with("X-Apollo-Operation-Name", "A"), 200},
		{"Apollo's preflight", simple.with("Apollo-Require-Preflight", "true"), 200},
	}
	synctest.Test(t, func(t *testing.T) {
		e := start(t, gateway.Config{})
		for _, c := range cases {
			if got := e.do(c.request); got.status != c.status {
				t.Errorf("%s: %d %s", c.name, got.status, got.text)
			}
		}
	})
}

// The body is in no answer, and what is wrong with it is said.
func TestStrictBodies(t *testing.T) {
	cases := []struct{ name, body, message string }{
		{"trailing", `{"query":"{hello}"} {}`, "strict JSON, from byte"},
		{"duplicate", `{"query":"{hello}","query":"{me{name}}"}`, "strict JSON"},
		{"duplicate variable", `{"query":"{hello}","variables":{"a":1,"a":2}}`, "strict JSON"},
		{"folded case", `{"Query":"{hello}"}`, "query is missing"},
		{"invalid UTF-8", "{\"query\":\"{hello}\xff\"}", "strict JSON"},
		{"lone surrogate", `{"query":"{hello}\ud800"}`, "strict JSON"},
		{"cut", `{"query":"{hello}"`, "strict JSON"},
		{"nested too deeply", `{"query":"{hello}","variables":{"a":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}}`, "strict JSON"},
		{"query", `{"query":7}`, "query must be a string"},
		{"operationName", `{"query":"{hello}","operationName":{}}`, "operationName must be a string or null"},
		{"variables", `{"query":"{hello}","variables":"hunter2"}`, "variables must be an object or null"},
		{"extensions", `{"query":"{hello}","extensions":[1]}`, "extensions must be an object or null"},
		{"number beyond float64", `{"query":"{hello}","variables":{"a":1e999}}`, "strict JSON"},
		{"text", `"hunter2"`, "one JSON object"},
	}
	synctest.Test(t, func(t *testing.T) {
		e := start(t, development())
		for _, c := range cases {
			got := e.do(request{body: c.body})
			if got.status != 400 || !strings.Contains(got.message(), c.message) {
				t.Errorf("%s: %d %s", c.name, got.status, got.text)
			}
			if strings.Contains(got.text, "hello") || strings.Contains(got.text, "hunter2") {
				t.Errorf("%s: echoes the body: %s", c.name, got.text)
			}
		}
		for _, body := range []string{
			`{"query":"{hello}","variables":null,"operationName":null,"extensions":null}`,
			`{"query":"{hello}","id":"unknown members are allowed"}`, " \n{\"query\":\"{hello}\"}\r\n",
		} {
			if got := e.do(request{body: body}); got.text != `{"data":{"hello":"hello world"}}` {
				t.Errorf("%s: %s", body, got.text)
			}
		}
	})
}

// Variables reach resolvers as they were sent, to the last digit.
func TestVariables(t *testing.T) {
	document := "query($id:ID,$int:Int,$float:Float,$text:String,$input:Input){echo(id:$id,int:$int,float:$float,text:$text,input:$input)}"
	cases := []struct {
		variables string
		status    int
		echo      string
	}{
		{`{"int":2147483647}`, 200, `{"int":2147483647}`},
		{`{"id":9007199254740993}`, 200, `{"id":9007199254740993}`},
		{`{"id":"a","float":1,"text":""}`, 200, `{"float":1,"id":"a","text":""}`},
		{`{"float":1.5e3}`, 200, `{"float":1500}`},
		{`{"input":{"text":"x"}}`, 200, `{"input":{"text":"x"}}`},
		{`{"text":null}`, 200, `{"text":null}`},
		{`{"int":1.5}`, 400, ""},
		{`{"text":5}`, 400, ""},
		{`{"id":true}`, 400, ""},
		{`{"input":{"text":5}}`, 400, ""},
		{`{"input":{"text":"x","more":1}}`, 400, ""},
		{`{"input":{}}`, 400, ""},
		{`{"input":[]}`, 400, ""},
	}
	synctest.Test(t, func(t *testing.T) {
		e := start(t, development())
		for _, c := range cases {
			got := e.do(post(document, c.variables).with("Accept", graphqlType))
			if want := `{"data":{"echo":` + encode(c.echo) + `}}`; got.status != c.status || c.status == 200 && got.text != want {
				t.Errorf("%s: %d %s", c.variables, got.status, got.text)
			}
		}
	})
}

func TestOtherPaths(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("GraphiQL")) })
		for name, c := range map[string]struct {
			graphiql http.Handler
			status   int
		}{"production": {nil, 404}, "development": {page, 200}} {
			e := start(t, gateway.Config{}, func(d *gateway.Deps) { d.GraphiQL = c.graphiql })
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://edge.test/", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			res, err := e.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != c.status || res.Header.Get("X-Request-Id") == "" {
				t.Errorf("%s: %d %v", name, res.StatusCode, res.Header)
			}
		}
	})
}
