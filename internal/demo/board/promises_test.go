package board_test

import (
	"testing"

	"tiffin/internal/demo/audit"
)

func TestPromises(t *testing.T) {
	const all = `{"key_ttl_ms":-1,"replays_errors":false,"inquiry":true,"tombstones":true,"fail_writes":0}`
	const broken = `{"key_ttl_ms":0,"replays_errors":true,"inquiry":true,"tombstones":false,"fail_writes":2}`
	script{
		{"GET", "/promises", "", 200, `{"orders":` + all + `}`},
		{"POST", "/promises", `{"service":"orders","key_ttl_ms":0,"replays_errors":true,"tombstones":false,"fail_writes":2}`, 200, broken},
		{"GET", "/promises", "", 200, `{"orders":` + broken + `}`},
		{"POST", "/promises", `{"service":"order"}`, 422, `service must be one of [orders].`},
		{"POST", "/promises", `{"service":"orders","key_ttl_ms":-2}`, 422, `"member":"key_ttl_ms"`},
		{"POST", "/promises", `{"service":"orders","keys":true}`, 400, `malformed_body`},
		{"GET", "/promises", "", 200, `{"orders":` + broken + `}`},
		{"DELETE", "/promises", "", 204, ""},
		{"GET", "/promises", "", 200, `{"orders":` + all + `}`},
	}.run(t, newBoard(audit.Report{}))
}
