/**
 * Common English words that are hardly ever names of things: verbs, adjectives, adverbs, pronouns. Where the lexicon does
 * not know one, the model sees that a word was there, but no slot: nobody calls a tag "appreciated".
 */
export const commonWords: ReadonlySet<string> = new Set(
  `able side sides about above absolutely accidentally according across actual actually add added again against ago agree ahead almost alone
already although always among another answer anybody anyhow anymore anyone anything anyway anywhere apparently appear
appreciate appreciated appreciates around ask asked asking attempt aware away awful bad badly barely became because become
been began begin beginning behind believe believed below best better between beyond big bit both bother bring bringing
broke broken brought busy call called calling came can't cannot careful carefully carry carrying cause caused certain
certainly chance check checking chose clean clearly close closed come comes coming complain complained complaining
completely concerned confirm confirmed consider continue correct correctly could couldn't couple crash crashed crashing
currently curious cut damn dear decide decided definitely depends describe desperately despite detected did didn't different
directly discover discovered doesn't doing done double down due during each eager earlier early easily easy either else
emergency enough entire entirely especially eventually ever everybody everyone everything everywhere exactly except
excited excuse exist expect expected experiencing explain extra extremely fact fail failed failing fairly far fast feel few
figure final finally find finish finished fine first fix fixed fixing follow followed following forget forgot formerly
forward found fresh friendly frustrated full fully further gave general generally get gets getting gives giving glad go goes
going gone gonna gotta good got grateful great guess guys had halfway hand handle happen happened happening happens happy
hard hardly hasn't hate haven't having hear heard helpful her here hi high him his hope hopefully hoping horrible how
however huge hurry if ill immediately impatient important in including incorrect indeed initially inside instead intend
intended into involved isn't it it'd it'll it's itself join just keep keeps kept kind kindly knew know known lately later
latest leave led left less let's lets letting likely listen little live long longer look looked looking looks lot lots love
lovely low lower lucky luckily mad made mainly make makes making manage managed many matter maybe mean means meant
mention mentioned mess messed might mind missing mistake moment more morning most mostly move moved moving much must myself
naturally near nearly necessary need needed needing needs never nevertheless nice nobody none normal normally nor not
note noted nothing notice noticed now nowhere obviously odd of often okay old on once one ones online only open opened
opposite ordinary originally other others otherwise ought ours ourselves out outside over overall owe own particular
particularly past perfectly perhaps personally plan planned planning plain pleasant pleased plenty possible possibly
prefer preferably presumably pretty previous previously probably problem proceed properly provide provided put puts
putting quick quicker quickly quiet quite ran rather reach reached read ready real realise realised realize realized really
reason reasonable received recent recently regarding regular related remain remaining remember remind replaced replied
report reported reporting request requested require required rest result right round said same saw say saying says second
seconds see seeing seem seemed seems seen self send sending sense sent serious seriously several shall she short shortly
should shouldn't show showed showing shown similar simple simply since six slightly slow slowly small so some somebody
somehow someone something sometimes somewhat somewhere soon sooner sorry sort spotted start started starting starts still
stopped straight strange stuck such suddenly suggest suggested supposed sure surely take taken takes taking talk talked
talking tell ten than thank thankful that'd that'll that's the them themselves then therefore these they they'd they'll they're
they've think thinking third this thorough those though thought thousand three through throughout thus till time tired
today together told tomorrow tonight too took total totally toward towards tried true truly try trying turn turned twice
two typed typo unable under understand unfortunately unless unlike until unusual up updated upon urgent urgently us use
used useful using usual usually various verify very via wait waiting wanna want wanted wanting wants was wasn't watch way we
we'd we're we've weird well went were weren't what's whatever when whenever where whether which while who whole whom whose why
will wish with within without won't wonder wondered wonderful wondering work worked working works worried worse worst would
wouldn't wow write wrong wrote yeah yep yesterday yet you you'd you'll you're you've your yours yourself`
    .trim()
    .split(/\s+/),
);
