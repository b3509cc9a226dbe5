package delivery

import "hash/fnv"

// driver is who brings meals; they may have several on their way at once.
type driver struct{ id, name, phone, vehicle string }

// drivers are the twelve of the town. The numbers are among those reserved for fiction.
func drivers() []driver {
	return []driver{
		{"drv_01", "Amina", "+44 7700 900101", "Cargo bike"},
		{"drv_02", "Bruno", "+44 7700 900102", "Scooter"},
		{"drv_03", "Chen", "+44 7700 900103", "E-bike"},
		{"drv_04", "Dalia", "+44 7700 900104", "Small van"},
		{"drv_05", "Emre", "+44 7700 900105", "Scooter"},
		{"drv_06", "Fatou", "+44 7700 900106", "E-bike"},
		{"drv_07", "Goran", "+44 7700 900107", "Bicycle"},
		{"drv_08", "Hana", "+44 7700 900108", "Scooter"},
		{"drv_09", "Ivo", "+44 7700 900109", "Cargo bike"},
		{"drv_10", "Jun", "+44 7700 900110", "Motorbike"},
		{"drv_11", "Kaya", "+44 7700 900111", "Bicycle"},
		{"drv_12", "Lena", "+44 7700 900112", "Tram and feet"},
	}
}

// driverFor is always the same one for an order.
func driverFor(orderID string) driver {
	all := drivers()
	h := fnv.New32a()
	_, _ = h.Write([]byte(orderID))        // a hash takes all
	return all[h.Sum32()%uint32(len(all))] //nolint:gosec // G115: a handful
}

// driverByID falls back to a driver for the order where the id is none of ours.
func driverByID(id, orderID string) driver {
	for _, d := range drivers() {
		if d.id == id {
			return d
		}
	}
	return driverFor(orderID)
}
