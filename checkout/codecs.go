package checkout

// codecs are the versions that this program knows: the one that new rows have, then that of the release before.
func codecs() []codec { return []codec{{version: rowVersion}} }
