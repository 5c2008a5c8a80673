"""All ways, by their names, which are the profiles that they ask for."""

from journeys import navigations, people, places, rebound, workers
from loads import elements, fetches, styles

WAYS = {
    way.name: way
    for part in (fetches, elements, styles, navigations, workers, places, people, rebound)
    for way in part()
}
