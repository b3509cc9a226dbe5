package catalogue

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"tiffin/internal/storefront"
)

// Town is the name of the invented town, which lies round [Centre].
const Town = "Tiffinville"

// The streets with a meaning of their own in the demo; the other services act on their names.
const (
	// FarIsland is found, but 300 km away: outside every delivery area.
	FarIsland = "Far Island"
	// LonelyRoad is in the area, but no driver goes there.
	LonelyRoad = "Lonely Road"
	// SlowLane is in the area; a driver for it takes 2 s to find.
	SlowLane = "Slow Lane"
)

// The shape of the town.
const (
	metresPerDegree = 111_195 // of latitude, on the sphere of Distance
	townRadius      = 5_000   // of the last street's beginning; houses go on for at most maxHouse·houseWidth
	houseWidth      = 4
	maxHouse        = 200
	goldenAngle     = 2.399963 // spreads points evenly over a disc
)

// Street is a straight street; house 1 is at its beginning.
type Street struct {
	Name  string
	start storefront.Coordinates
	// heading is the direction in which the numbers grow, in radians from east.
	heading float64
}

// Door is a house in a street.
type Door struct {
	Street Street
	Number int
}

// Centre is the middle of the town.
func Centre() storefront.Coordinates {
	return storefront.Coordinates{Latitude: 48.137, Longitude: 11.575}
}

// Streets are the 40 ordinary streets of the town, the central ones first.
func Streets() []Street {
	names := []string{
		"Curry Lane", "Saffron Street", "Basil Way", "Tamarind Row", "Ginger Court", "Mint Street", "Olive Grove", "Oregano Street",
		"Pepper Hill", "Sesame Square", "Cumin Corner", "Dill Drive", "Mustard Mews", "Lemongrass Lane", "Chilli Terrace",
		"Coriander Close", "Cinnamon Crescent", "Wasabi Wharf", "Paprika Passage", "Pomegranate Place", "Sumac Street",
		"Berbere Bend", "Tarragon Terrace", "Caraway Court", "Vinegar Yard", "Lime Walk", "Vanilla Avenue", "Nutmeg Road",
		"Cardamom Court", "Fennel Field", "Thyme Square", "Rosemary Row", "Sage Street", "Clove Close", "Anise Alley",
		"Turmeric Turn", "Juniper Way", "Almond Avenue", "Parsley Path", "Market Place",
	}
	streets := make([]Street, len(names))
	for n, name := range names {
		angle := float64(n) * goldenAngle
		radius := townRadius * math.Sqrt(float64(n)/float64(len(names)))
		streets[n] = Street{name, offset(Centre(), radius*math.Cos(angle), radius*math.Sin(angle)), angle + math.Pi/2}
	}
	return streets
}

// SpecialStreets are [LonelyRoad], [SlowLane] and [FarIsland].
func SpecialStreets() []Street {
	return []Street{
		{LonelyRoad, offset(Centre(), 1_500, 1_500), 0},
		{SlowLane, offset(Centre(), -1_500, 1_500), 0},
		{FarIsland, offset(Centre(), 0, 300_000), 0},
	}
}

// Door is a house of the street; numbers beyond the street's end are at its end.
func (s Street) Door(number int) Door { return Door{s, number} }

// Coordinates is where the door is; the street's beginning for Number 0.
func (d Door) Coordinates() storefront.Coordinates {
	way := float64(max(min(d.Number, maxHouse), 1)-1) * houseWidth
	return offset(d.Street.start, way*math.Cos(d.Street.heading), way*math.Sin(d.Street.heading))
}

// Address is how the town writes the door: "12 Curry Lane, Tiffinville".
func (d Door) Address() string { return fmt.Sprintf("%d %s, %s", d.Number, d.Street.Name, Town) }

var (
	doorText = regexp.MustCompile(`^(?:([1-9][0-9]{0,2}) )?(.+?)(?: ([1-9][0-9]{0,2}))?$`)
	townText = regexp.MustCompile(`( [0-9]{5})? ` + strings.ToLower(Town) + `$`)
)

// FindDoor reads "12 Curry Lane" or "Curry Lane 12", with or without ", Tiffinville" or ", 80331 Tiffinville", in any case and with
// any spaces; Number is 0 where the text has none. False where there is no such street.
func FindDoor(address string) (Door, bool) {
	text := strings.Join(strings.Fields(strings.ToLower(strings.ReplaceAll(address, ",", " "))), " ")
	parts := doorText.FindStringSubmatch(townText.ReplaceAllString(text, ""))
	if parts == nil || (parts[1] != "" && parts[3] != "") {
		return Door{}, false
	}
	for _, street := range append(Streets(), SpecialStreets()...) {
		if strings.ToLower(street.Name) == parts[2] {
			number, _ := strconv.Atoi(parts[1] + parts[3]) // 0 for no digits; the pattern allows nothing else
			return street.Door(number), true
		}
	}
	return Door{}, false
}

// Distance is the length of the great circle between two places, in metres.
func Distance(a, b storefront.Coordinates) float64 {
	lat1, lat2 := radians(a.Latitude), radians(b.Latitude)
	sinLat := math.Sin((lat2 - lat1) / 2)
	sinLng := math.Sin(radians(b.Longitude-a.Longitude) / 2)
	h := sinLat*sinLat + math.Cos(lat1)*math.Cos(lat2)*sinLng*sinLng
	return 2 * metresPerDegree * 180 / math.Pi * math.Asin(math.Sqrt(min(h, 1)))
}

// offset moves a place by metres; good enough within a town.
func offset(from storefront.Coordinates, east, north float64) storefront.Coordinates {
	return storefront.Coordinates{
		Latitude:  round(from.Latitude + north/metresPerDegree),
		Longitude: round(from.Longitude + east/(metresPerDegree*math.Cos(radians(from.Latitude)))),
	}
}

// round keeps six decimals, a tenth of a metre, so that coordinates stay readable.
func round(degrees float64) float64 { return math.Round(degrees*1e6) / 1e6 }

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }
