package delivery_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tiffin/internal/demo/catalogue"
	"tiffin/internal/demo/delivery"
	"tiffin/internal/testkit"
	"tiffin/internal/testkit/contract"
)

const contractPath = "../../../backends/delivery/openapi.yaml"

// listen follows an order's events until the stream ends, as names; a row of positions counts once.
func listen(t *testing.T, s *delivery.Service, orderID string) (events []string) {
	t.Helper()
	network := testkit.Start(t, map[string]http.Handler{"delivery": contract.Handler(t, contractPath, s.Handler())})
	response, err := network.Client().Get("http://delivery/deliveries/" + orderID + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		data, _ := strings.CutPrefix(lines.Text(), "data: ")
		switch _, status, _ := strings.Cut(data, `"status":"`); {
		case status != "":
			events = append(events, strings.SplitN(status, `"`, 2)[0])
		case strings.Contains(data, `"lat"`) && events[len(events)-1] != "position":
			events = append(events, "position")
		}
	}
	return events
}

func TestEventsTellTheWholeWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := delivery.New(delivery.Config{Catalogue: world, Now: time.Now})
		slow := catalogue.SpecialStreets()[1].Door(1).Coordinates()
		assign(t, s, "ord_slow", quoteSomewhere(t, s, slow.Latitude, slow.Longitude), slow.Latitude, slow.Longitude)
		want := []string{"SEARCHING", "ASSIGNED", "position", "PICKED_UP", "position", "DELIVERED"}
		if diff := cmp.Diff(want, listen(t, s, "ord_slow")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestEventsEndWithACancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := delivery.New(delivery.Config{Catalogue: world, Now: time.Now})
		place := catalogue.Streets()[0].Door(12).Coordinates()
		assign(t, s, "ord_one", quoteSomewhere(t, s, place.Latitude, place.Longitude), place.Latitude, place.Longitude)
		time.AfterFunc(30*time.Second, func() { do(t, s, "POST", "/deliveries/ord_one/cancel", "c", "") })
		if diff := cmp.Diff([]string{"ASSIGNED", "position", "CANCELLED"}, listen(t, s, "ord_one")); diff != "" {
			t.Error(diff)
		}
	})
}
