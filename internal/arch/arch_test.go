package arch

import (
	"os"
	"testing"
)

func TestTheModuleKeepsTheTable(t *testing.T) {
	found, err := Check(os.DirFS("../.."), Table())
	if err != nil {
		t.Fatal(err)
	}
	for _, violation := range found {
		t.Error(violation)
	}
}

func TestTheTableIsReadable(t *testing.T) {
	table := Table()
	for _, row := range table.Packages {
		if row.Pkg == "" || row.Why == "" {
			t.Errorf("row %+v: needs a pattern and a reason", row)
		}
	}
	for _, lib := range table.Libraries {
		if lib.Path == "" || lib.Why == "" || lib.Pkgs == "" && lib.Tests == "" {
			t.Errorf("library %+v: needs a path, a place and a reason", lib)
		}
	}
}

func TestKitAndStorefrontAreApart(t *testing.T) {
	for _, pkg := range []string{
		"gateway", "gateway/auth", "engine", "backends/rest", "backends/xmlapi", "backends/upstream",
		"backends/upstream/balance", "checkout/journal", "checkout/journal/memory", "fault", "identity", "telemetry",
	} {
		if table := Table(); !matches(table.Kit, pkg) || matches(table.Storefront, pkg) {
			t.Errorf("%s is kit, and only that", pkg)
		}
	}
	for _, pkg := range []string{
		"graph", "resolvers", "resolvers/edges", "resolvers/loaders", "checkout", "backends/orders", "backends/reviews",
		"internal/storefront", "internal/demo", "internal/demo/orders",
	} {
		if table := Table(); matches(table.Kit, pkg) || !matches(table.Storefront, pkg) {
			t.Errorf("%s is storefront, and only that", pkg)
		}
	}
}
