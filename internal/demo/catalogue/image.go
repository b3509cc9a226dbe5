package catalogue

import (
	"fmt"
	"hash/fnv"
	"html"
	"math"
	"strings"
)

// ImageType is the media type of every picture.
const ImageType = "image/svg+xml"

// Image draws the picture with a name such as "res_001.svg" or "itm_001_02.svg"; false where nothing is called so. The same name
// always gives the same bytes.
func (c *Catalogue) Image(name string) ([]byte, bool) {
	id, ok := strings.CutSuffix(name, ".svg")
	if !ok {
		return nil, false
	}
	if r := c.Restaurant(id); r != nil {
		return []byte(frame(id, r.Name, house(seedOf(id)))), true
	}
	if i := c.Item(id); i != nil {
		return []byte(frame(id, i.Name, plate(seedOf(id)))), true
	}
	return nil, false
}

// frame is the canvas with a title: 320 by 240, in a colour of the thing's own.
func frame(id, title, drawing string) string {
	hue := seedOf(id) % 360
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 240" role="img">`+
		`<title>%[1]s</title><rect width="320" height="240" fill="hsl(%[2]d 55%% 88%%)"/>%[3]s`+
		`<text x="160" y="226" font-family="sans-serif" font-size="16" text-anchor="middle" fill="hsl(%[2]d 60%% 22%%)">%[1]s</text></svg>`+"\n",
		html.EscapeString(title), hue, drawing)
}

// plate is a dish seen from above, with bites of food spread on it.
func plate(seed uint32) string {
	var b strings.Builder
	b.WriteString(`<circle cx="160" cy="106" r="92" fill="#fff"/><circle cx="160" cy="106" r="70" fill="#f4f0e8"/>`)
	for n := range 7 + seed%6 {
		angle := float64(n)*goldenAngle + float64(seed%97)
		radius := 14 * math.Sqrt(float64(n))
		fmt.Fprintf(&b, `<circle cx="%.0f" cy="%.0f" r="%d" fill="hsl(%d 65%% %d%%)"/>`,
			160+radius*math.Cos(angle), 106+radius*math.Sin(angle), 9+(seed>>n)%9, (seed+n*37)%120, 38+(seed>>(n+3))%28)
	}
	return b.String()
}

// house is a front with an awning, a door and windows.
func house(seed uint32) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<rect x="50" y="60" width="220" height="140" fill="hsl(%d 30%% 96%%)"/>`, seed%360)
	stripes := 6 + seed%5
	for n := range stripes {
		width := 240 / stripes
		fmt.Fprintf(&b, `<rect x="%d" y="40" width="%d" height="40" fill="hsl(%d 70%% %d%%)"/>`,
			40+n*width, width, seed%360, 45+n%2*45)
	}
	b.WriteString(`<rect x="140" y="120" width="40" height="80" fill="#5b4636"/>`)
	for _, x := range []int{70, 200} {
		fmt.Fprintf(&b, `<rect x="%d" y="115" width="50" height="45" fill="#fdf3c4" stroke="#5b4636" stroke-width="4"/>`, x)
	}
	return b.String()
}

func seedOf(id string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // a hash never fails
	return h.Sum32()
}
