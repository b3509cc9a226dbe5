package catalogue

import (
	"fmt"
	"strings"

	"tiffin/internal/storefront"
)

// parseGroups reads "key | heading | minimum..maximum | option price; option price; …" into templates by key.
func parseGroups(lines []string) (map[string]Group, error) {
	groups := map[string]Group{}
	for _, line := range lines {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := split(line, "|")
		if len(cells) != 4 {
			return nil, fmt.Errorf("groups.txt: %q: want key, heading, bounds and options", line)
		}
		group, err := parseGroup(cells)
		if err != nil {
			return nil, fmt.Errorf("groups.txt: %s: %w", cells[0], err)
		}
		groups[cells[0]] = group
	}
	return groups, nil
}

func parseGroup(cells []string) (Group, error) {
	group := Group{Name: cells[1]}
	if _, err := fmt.Sscanf(cells[2], "%d..%d", &group.Minimum, &group.Maximum); err != nil {
		return Group{}, fmt.Errorf("bounds %q: %w", cells[2], err)
	}
	for _, text := range split(cells[3], ";") {
		space := strings.LastIndex(text, " ")
		price, err := storefront.ParseMoney(text[space+1:], Currency)
		if err != nil || space < 0 {
			return Group{}, fmt.Errorf("option %q: want a name and a price", text)
		}
		group.Options = append(group.Options, Option{Name: text[:space], PriceMinor: price.Minor})
	}
	return group, nil
}

// instantiate gives a dish groups of its own: ids are unique over the whole catalogue, grp_001_04_size and opt_001_04_size_2.
func instantiate(suffix string, keys []string, templates map[string]Group) ([]Group, error) {
	var groups []Group
	for _, key := range keys {
		group, ok := templates[key]
		if !ok {
			return nil, fmt.Errorf("option group %q is not in groups.txt", key)
		}
		group.ID = "grp_" + suffix + "_" + key
		group.Options = append([]Option(nil), group.Options...)
		for n := range group.Options {
			group.Options[n].ID = fmt.Sprintf("opt_%s_%s_%d", suffix, key, n+1)
		}
		groups = append(groups, group)
	}
	return groups, nil
}
