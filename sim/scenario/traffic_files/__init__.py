"""Files that say what clients ask (a table, an access log), read into the demand of every Service.

`reading` tells them apart, `table` and `log` read them, and `formats` are those of one line of a log.
`destinations` says which Service a request went to; `measured` is what comes out, what was lost, and assumed.
"""
