"""Texts of the demo's home page and landing pages."""

from demo.body_builder import Block, BodyBuilder


def home(p: BodyBuilder) -> list[Block]:
    return [*_home_shop(p), *_home_studio(p)]


def _home_shop(p: BodyBuilder) -> list[Block]:
    return [
        p.hero(
            "scene-table",
            "The morning table",
            text="Mugs that sit well in two hands, a teapot that pours to the last drop. "
            "Six pieces thrown for slow starts.",
            link=("Shop the table", "page:the-morning-table"),
        ),
        p.row(
            "New from the kiln",
            ["mug", "teapot", "moon-vase", "breakfast-bowl"],
            link=("See all 24 pieces", "/catalogue/"),
        ),
        p.feature(
            "scene-overhead",
            "Why our plates are never quite round",
            text="Every plate leaves the wheel with the mark of the hand that lifted it. "
            "We measured forty of them, and kept the difference.",
            eyebrow="Journal",
            link=("Read the story", "page:never-quite-round"),
            layout="bleed",
        ),
        p.tiles(
            "Shop by room",
            ("scene-stack", "category:tableware", "The kitchen shelf", "Plates, bowls, cups"),
            ("scene-plants", "page:windowsill", "The windowsill", "Planters and bud vases"),
            ("scene-candles", "page:after-dark", "After dark", "Candle holders, incense"),
            layout="lead",
        ),
        p.image("scene-supper", width="full"),
        p.statement(
            "Seven glazes, one clay, one kiln. It is fired on Thursdays and opened on Saturdays.",
            link=("How a week goes", "page:week-of-one-firing"),
        ),
    ]


def _home_studio(p: BodyBuilder) -> list[Block]:
    return [
        p.quote(
            "I broke one in a move and drove two hours to replace it. "
            "They remembered which shelf it had come from.",
            "Ruth, who has four Harbour mugs again",
            products=["bud-vase", "serving-bowl"],
        ),
        p.banner("vases"),
        p.feature_end(
            "jug-detail",
            "Six people and a shed that used to mend sails",
            text="The studio stands on the quay at the top of the estuary. We answer the telephone "
            "with clay on our hands.",
            eyebrow="The studio",
            link=("About us", "page:about"),
            layout="tall",
        ),
    ]


def morning_table(p: BodyBuilder) -> list[Block]:
    return [
        p.hero(
            "scene-table",
            "The morning table",
            text="Six pieces for the hour before anybody asks you for anything.",
            link=("Shop tableware", "category:tableware"),
        ),
        p.text(
            "<p>Breakfast is the meal we know best, because it is the one we eat together: half "
            "past eight, six people, one long table with a burn from a kiln shelf. Everything on "
            "it was made to be picked up half asleep. Handles that find your fingers. A teapot "
            "that can be poured with the left hand. Bowls that forgive a slow spoon.</p>"
        ),
        p.product(
            "teapot",
            "The one that took longest to get right: eleven spouts in the bucket before this one.",
        ),
        p.row(
            "Around the pot",
            ["mug", "breakfast-bowl", "espresso", "jug"],
            link=("All tableware", "category:tableware"),
        ),
        p.quote(
            "I tried it with cold water first, unbelieving. Not a drop.",
            "Aiko, about the Low-tide teapot",
        ),
        p.feature_end(
            "scene-stack",
            "Four of anything flat",
            text="Any four plates or bowls together cost ten per cent less. They need not match; "
            "ours never do.",
            link=("Plates & bowls", "category:plates-bowls"),
        ),
    ]


def windowsill(p: BodyBuilder) -> list[Block]:
    return [
        p.hero(
            "scene-plants",
            "The windowsill",
            text="Small pots for a narrow place with good light.",
            link=("Shop planters", "category:planters"),
        ),
        p.text(
            "<p>Every kitchen has a hand's width between the sink and the glass where things are "
            "put down and then start to grow. We measured the sills in six of our own houses: the "
            "narrowest was thirteen centimetres. The Sill planter is twelve.</p>"
        ),
        p.product("small-planter", "Twelve centimetres across, with a cork mat to go under."),
        p.gallery(
            "Three that get on",
            ("small-planter-marsh", "Marsh, for basil"),
            ("small-planter-blush", "Blush, for thyme"),
            ("small-planter-ink", "Ink, for the aloe everybody has"),
        ),
        *_windowsill_without_roots(p),
    ]


def _windowsill_without_roots(p: BodyBuilder) -> list[Block]:
    return [
        p.feature_end(
            "planter-detail",
            "When it outgrows the sill",
            text="The Bothy planter takes a plant from a seventeen centimetre nursery pot without "
            "arguing, and has a rim thick enough to carry it by.",
            link=("The Bothy planter", "product:planter"),
        ),
        p.row(
            "For things without roots",
            ["bud-vase", "bottle-vase", "cylinder-vase", "moon-vase"],
            link=("All vases", "category:vases"),
            when_sold_out="hide",
        ),
        p.banner("vases"),
        p.text(
            "<h2>Before you plant</h2><ul><li>Soak the pot for an hour, so that the clay does not "
            "drink before the plant does.</li><li>A bent shard over the hole keeps the soil in."
            "</li><li>Turn it a quarter each week.</li></ul>"
        ),
    ]


def after_dark(p: BodyBuilder) -> list[Block]:
    return [
        p.hero(
            "scene-candles",
            "After dark",
            text="Low lights for the end of a supper. They catch what they drip.",
            link=("Shop light", "category:light"),
        ),
        p.row(
            "For the table, late",
            ["candle-holder", "incense-dish", "bud-vase", "espresso"],
        ),
        p.feature(
            "candle-holder-detail",
            "Wide enough for the whole evening",
            text="The saucer is thirteen centimetres across, which is how far wax runs when nobody is "
            "watching. Ten minutes in the freezer and it lifts out like a coin.",
            link=("The candle holder", "product:candle-holder"),
        ),
        p.product("incense-dish", "One stick, one slanted hole, and the ash lands inside."),
        p.quote("Looks best in an odd number.", "A card that Jory writes into every third parcel"),
        p.collection("small-presents", "Small presents, under £30"),
    ]


def moon_vase(p: BodyBuilder) -> list[Block]:
    return [
        p.hero(
            "scene-vases",
            "A moon, in two halves",
            text="Two bowls joined lip to lip, and a seam that is left to show.",
        ),
        p.product("moon-vase", "Numbered on the foot with the firing that it came from."),
        p.text(
            "<h2>Why it is never a sphere</h2><p>A ball this size cannot be thrown in one: the "
            "wall gives way before it closes. So Maren throws two bowls from the same lump, lets "
            "them stiffen overnight under the same cloth, scores the lips and sets one on the "
            "other. Wherever they disagree the moon gets its face.</p><p>Potters in Korea have "
            "worked like this since the seventeenth century. They did not hide the join, and we "
            "have stopped trying to.</p>"
        ),
        p.gallery(
            "",
            ("moon-vase-chalk", "Chalk: a dry white over iron"),
            ("moon-vase-ink", "Ink: nearly black until the sun is on it"),
        ),
        p.quote(
            "It has a face if you look for the seam.",
            "Graham, number 31 of firing 12",
            products=["bud-vase", "cylinder-vase"],
        ),
    ]
