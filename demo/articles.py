"""Texts of the demo's journal stories, product stories and information pages."""

from demo.body_builder import Block, BodyBuilder


def never_quite_round(p: BodyBuilder) -> list[Block]:
    return [
        p.text(
            "<p>Last winter a customer sent us a photograph of a dinner plate with a ruler laid "
            "across it, twice. Two hundred and seventy-five millimetres one way, two hundred and "
            "seventy-eight the other. “Is this one a second?” she asked. It was a fair question, "
            "so on the next quiet Monday we took forty plates off the shelf and measured them all."
            "</p><h2>What we found</h2><p>The roundest was out by half a millimetre. The least "
            "round was out by four, and had been Maren's favourite since October. On average a "
            "plate of ours is two millimetres wider in one direction than in the other, and the "
            "direction is nearly always the same: from ten o'clock to four o'clock, as it lies on "
            "the wheel.</p>"
        ),
        p.image("dinner-plate-detail", "Oat, fresh from the stone. The rim is where the hand was."),
        p.text(
            "<p>That is the lift. A plate is cut from the wheel with a wire and picked up at once, "
            "with the flat of two hands, while it is as soft as cheese. However gently you do it, "
            "it remembers. Tomas lifts from the left; his plates lean the other way, and once you "
            "know that you can tell them apart across a room.</p><h2>What we could do about it</h2>"
            "<p>There are ways to make a plate perfectly round. You can press it in a mould, or "
            "leave it on a batt for a day and trim it when it no longer gives. The result is a "
            "very good plate. It is also the plate you already own.</p>"
        ),
        p.quote("However gently you do it, it remembers.", "Maren, at the wheel"),
        p.text(
            "<p>We keep two rules instead. A plate must sit dead level, so each one is ground on a "
            "stone after its second firing, and checked on a sheet of glass. And four plates must "
            "stack without rocking. Everything else we leave in. The customer kept hers; she has "
            "since bought five more, and says she gives the widest to whoever cooked.</p>"
        ),
        p.row("The plates in question", ["dinner-plate", "side-plate", "pasta-bowl", "platter"]),
    ]


def week_of_one_firing(p: BodyBuilder) -> list[Block]:
    return [
        p.text(
            "<p>We fire once a week, because the kiln is one cubic metre and so, roughly, is what "
            "six people can make. This is how that cubic metre fills.</p><h2>Monday: clay</h2><p>"
            "Two hundred kilos from the pit in Devon, wedged by hand in pieces of four. It comes "
            "with iron in it, which is where the speckle is from. Jory listens to the shipping "
            "forecast; everybody else is allowed to talk after it.</p><h2>Tuesday: throwing</h2>"
            "<p>Small things before the tide turns, because the light is best then: espresso cups "
            "at ten to the board, teabowls, the necks of bottle vases. Large things after lunch, "
            "when arms are warm.</p>"
        ),
        p.gallery(
            "Tuesday, late",
            ("espresso-detail", "Ten to the board"),
            ("bottle-vase-detail", "Necks are thrown apart, joined on Wednesday"),
            ("serving-bowl-detail", "Two kilos, one piece"),
        ),
        p.text(
            "<h2>Wednesday: handles and feet</h2><p>Handles are pulled from a carrot of wet clay, "
            "like milking. Feet are turned upside down on the wheel. Anything that cracked "
            "overnight goes back into the bucket, where it will be a mug again by Easter.</p>"
            "<h2>Thursday: fire</h2><p>Glazing in the morning: seven buckets, our handwriting on "
            "each, dip, count to three, out. The door is bricked up at two. By midnight it is a "
            "thousand degrees, by four in the morning 1,280, and whoever drew the short straw is "
            "writing numbers in a book.</p>"
        ),
        *_after_the_fire(p),
    ]


def _after_the_fire(p: BodyBuilder) -> list[Block]:
    return [
        p.feature(
            "teabowl-detail",
            "Friday: nothing",
            text="It takes a day and a night to cool. Opening early costs a shelf of work, as each of "
            "us has found out once. We pack parcels and do not look at the kiln.",
        ),
        p.text(
            "<h2>Saturday: the door</h2><p>The last bricks come out at nine. It is still warm "
            "enough to dry socks. There is always something that went better than it should have, "
            "and something that did not; the first goes on the window, the second on the shelf of "
            "seconds by the door. At ten we open, and you can come and see which is which.</p>"
        ),
        p.row("From this week's firing", ["espresso", "teabowl", "bottle-vase", "serving-bowl"]),
    ]


def care(p: BodyBuilder) -> list[Block]:
    return [
        p.text(
            "<h2>Every day</h2><p>Our stoneware is fired to 1,280 degrees. It does not mind the "
            "dishwasher, and it does not mind you. Plates, bowls, mugs and cups are safe in the "
            "dishwasher and the microwave; plates and bowls also in the oven up to 220°, put in "
            "cold and warmed with it.</p><h2>Metal marks</h2><p>Grey lines on a plate are not "
            "scratches: they are knife left behind. A paste of bicarbonate of soda and a damp "
            "cloth takes them off in a minute.</p><h2>Tea and coffee</h2><p>A spoon of "
            "bicarbonate in hot water, ten minutes, rinse.</p><h2>Vases</h2><p>All are glazed "
            "inside and watertight. On soft or oiled wood put a mat under them all the same; the "
            "bare foot can sweat on a warm day.</p><h2>Planters</h2><p>Frost-hardy to ten degrees "
            "below. Lift them on feet in winter so that the hole can drain.</p><h2>The mortar</h2>"
            "<p>Bare clay inside, so no soap and no dishwasher. Grind a handful of rice before "
            "first use, throw it away, rinse with hot water.</p><h2>Candle wax</h2><p>Ten minutes "
            "in the freezer, and it lifts out.</p><h2>If it breaks</h2>"
            f"<p>In the post: see {p.anchor('delivery and returns', 'delivery-returns')}, we "
            "replace it. Later: write to us with a photograph. We keep one of everything for "
            "matching, and sometimes there is a sister on the shelf.</p>"
        )
    ]


def about(p: BodyBuilder) -> list[Block]:
    return [
        p.image("scene-stack", "The shelf by the door, on a Saturday", width="page"),
        p.text(
            "<p>Saltmarsh is six people, one kiln and a shed that used to mend sails. Maren Holt "
            "and Tomas Vey started it in 2011 with a second-hand wheel and an understanding bank "
            "manager. Jory, Anwen, Sam and Lotte came one by one, mostly by staying after they "
            "had bought something.</p><h2>What we make</h2><p>Twenty-four forms in seven glazes. "
            "We add one form a year and drop one, so that the number stays the same and so do we. "
            "Everything is thrown by hand from one clay, a warm iron-flecked stoneware from a pit "
            "in Devon that we can see from the road.</p><h2>The glazes</h2><p>Oat, slate, marsh, "
            "chalk, ember, ink, blush. All are mixed here, lead-free and tested for food. Where "
            "they run thin over a rim the clay shows through; that is the part we like best.</p>"
        ),
        p.gallery(
            "",
            ("mug-detail", "Ember"),
            ("side-plate-detail", "Slate"),
            ("pasta-bowl-detail", "Marsh"),
        ),
        p.text(
            "<h2>Visit</h2><p>The studio is open on Saturdays from ten to five: The Sail Loft, "
            "3 Quay Lane, at the top of the estuary. The kettle is on. Seconds stand on the shelf "
            "by the door, and dogs know where the water is.</p><h2>Write</h2>"
            "<p>studio@saltmarsh.example. A person answers, usually the same day, sometimes with "
            "clay on the keys.</p>"
        ),
        p.feature(
            "scene-overhead",
            "A week of one firing",
            text="From two hundred kilos of clay on Monday to a warm door on Saturday.",
            eyebrow="Journal",
            link=("Read the story", "page:week-of-one-firing"),
        ),
    ]


def delivery_returns(p: BodyBuilder) -> list[Block]:
    return [
        p.text(
            "<h2>Delivery in the United Kingdom</h2><ul><li><b>Standard</b>, two to three working "
            "days: £4.50, free from £60.</li><li><b>Express</b>, the next working day: £8.50.</li>"
            "<li><b>Collect from the studio</b>: free. We’ll email you when it’s ready.</li></ul><p>"
            "What is ordered before noon on a working day leaves the same day. The dates are shown "
            "on each product, in the basket and in your confirmation.</p><h2>Delivery to Europe"
            "</h2><p>Ireland, France, Germany, the Netherlands, Belgium, Denmark and Spain: five "
            "to eight working days, £14, free from £150. Duties and taxes are paid by us; nobody "
            "will ask you for money at the door.</p><h2>Packing</h2><p>Straw and cardboard, no "
            "plastic. Please give the straw to somebody with a rabbit.</p><hr/><h2>Returns</h2><p>"
            "You have sixty days from delivery to change your mind, for any reason. Ask for the "
            "return on the page of your order, which your confirmation links to, or write to "
            "studio@saltmarsh.example with its number, and we send a label. The money goes "
            "back the way it came within five working days of the parcel reaching us. Standard "
            "delivery to you is refunded too when the whole order comes back.</p><h2>Breakages"
            "</h2><p>If something arrives broken, send us a photograph within fourteen days. We "
            "replace it, or refund it where no replacement is on the shelf. You need not send the "
            "pieces back.</p>"
        )
    ]


def privacy(p: BodyBuilder) -> list[Block]:
    return [
        p.text(
            "<p>This is what we know about you, why, and for how long. Saltmarsh is a demonstration "
            "shop: no real orders are taken here.</p><h2>When you look around</h2><p>Nothing is "
            "loaded from other companies’ servers and nobody is told that you were here. We set "
            "cookies only for what you ask us to do, such as filling a basket or signing in; "
            "<a href='/cookies/'>this list</a> names each of them.</p><h2>When you buy</h2><p>Your name, addresses, email "
            "address, telephone number if you gave one, and what you bought. We need these to "
            "send it, and the tax office asks us to keep the invoice for six years. Card details "
            "go straight to our payment provider and are never seen or stored by us.</p><h2>When "
            "you make an account</h2><p>The same, so that you can find your orders. You can download "
            "your data and delete the account there; invoices stay for as long as the law says.</p><h2>When you "
            "write to us</h2><p>We keep letters for two years, then tidy up.</p><h2>Your rights"
            "</h2><p>Ask to see, correct or delete what we hold: studio@saltmarsh.example. If you "
            "are not happy with our answer, the Information Commissioner’s Office will listen.</p>"
        )
    ]


def terms(p: BodyBuilder) -> list[Block]:
    return [
        p.text(
            "<p>Short, because we would like you to read them. Saltmarsh is a demonstration shop: "
            "its goods are not for sale and its address does not exist.</p><h2>Prices</h2><p>All "
            "prices are in pounds and include VAT. The price that counts is the one you saw when "
            "you pressed the button.</p><h2>The contract</h2><p>Pressing “Pay” is your offer; our "
            "confirmation by email is our acceptance. If we find that we cannot send something, "
            "we tell you and give the money back the same day.</p><h2>Handmade</h2><p>Sizes vary "
            "by a few millimetres, glazes by more. That is what you are buying, and not a fault."
            "</p><h2>Changing your mind</h2>"
            f"<p>Sixty days: see {p.anchor('delivery and returns', 'delivery-returns')}. Your "
            "rights under the Consumer Rights Act are not affected.</p><h2>Law</h2><p>The law of "
            "England and Wales applies. If you live elsewhere, your own consumer law protects you "
            "too.</p>"
        )
    ]


#: Stories on product pages, by form.
def story_mug(p: BodyBuilder) -> list[Block]:
    return [
        p.feature_end(
            "mug-detail",
            "Thrown, turned, dipped twice",
            text="The clay comes from a pit in Devon and is flecked with iron. The glaze is mixed here, "
            "in buckets with our handwriting on them; where it thins over the rim you can see the "
            "body underneath.",
            link=("How a week goes", "page:week-of-one-firing"),
        )
    ]


def story_teapot(p: BodyBuilder) -> list[Block]:
    return [
        p.feature(
            "teapot-detail",
            "Eleven spouts in the bucket",
            text="A spout pours cleanly when its lip is sharp and its root is wide. We cut it with a "
            "wire, fix it, and try it with cold water before the glaze. If it dribbles it goes "
            "back into the bucket, whatever the rest of the pot looks like.",
        ),
        p.quote("It pours to the last drop, and then it stops."),
    ]


def story_moon_vase(p: BodyBuilder) -> list[Block]:
    return [
        p.feature(
            "moon-vase-detail",
            "A moon, in two halves",
            text="Two bowls, one lump of clay, a night under the same cloth. The seam where they met is "
            "left to show.",
            link=("How it is made", "page:moon-vase"),
        )
    ]


def story_dinner_plate(p: BodyBuilder) -> list[Block]:
    return [
        p.feature_end(
            "dinner-plate-detail",
            "Out by two millimetres, on purpose",
            text="Every plate leaves the wheel with the mark of the hand that lifted it. We grind the "
            "foot until it sits dead level, and leave the rest.",
            eyebrow="Journal",
            link=("Why our plates are never quite round", "page:never-quite-round"),
        )
    ]
