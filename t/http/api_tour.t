# The blocks of docs/api-tour.md, as they stand there, from top to bottom, and
# once more: everybody arrives at 本次考试, one has a ticket that the door takes,
# and one is refused, amends and is approved; a family's codes are bound, shown,
# printed, sampled with, and unbound.
#
# takes: long

use lib 't/lib';
use Civic::Test;
use Civic::Demo;
use Civic::Manual;
use Civic::Media;

# Without the models of faces every photo waits for hours: a shorter tour.
my $faces = Civic::Media::has_models();
my $media = Civic::Media->start(faces => $faces);
my $demo = Civic::Demo->new(media => $media, plugins => $faces ? [ qw(
    photo_check staff exam review ticket kinship sampling payment) ] : []);
my $script = Civic::Manual->new('api-tour.md', $faces ? ()
    : (without => qr/^## The photo, when it is not right.*/ms))->shell;

sub photos {
    my ($said) = @_;
    my %of = $said =~
        /^(good|bad|grey|snapshot|made|submitted): ?(.*?) *$/mg;

    is($of{good}, '', 'a good photo');
    like($of{bad}, qr/bytes:refuse width:refuse height:refuse .*background:/,
        'a bad one: all at once');
    is($of{grey}, 'colour:refuse', 'a grey one');
    isnt($of{snapshot}, '', 'a snapshot is none');
    is($of{made}, '', 'but can be made one');
    is($of{submitted}, 'comparing', 'and is taken');
    return;
}

# Each answer in its turn.
sub registration {
    my ($said) = @_;
    my ($wrong) = $said =~ /^("pointer".*?)^待审核/ms;

    like($said, qr/^"state_text":\{"zh":"报名中"/m, 'registration is open');
    like($said, qr/"total":30,"positions":\[\{"code":"6301001"/,
        'a position is found');
    is_deeply([ ($wrong // '') =~ m{"pointer":"([^"]*)"}g ],
        [ '/declaration', map({ "/answers/$_" } qw(political major
            graduated_on work_years driving)), '/position' ],
        'all that is wrong, at once') or diag($said);
    like($said, qr/^待审核, due 20\d\d-[^ ]*\+08:00$/m, 'submitted, due');
    like($said, qr/^"label":"所学专业","text":"汉语言文学"$/m,
        'the reviewer sees the form');
    is_deeply([ $said =~ /"application_id":"[^"]*","state":"(\w+)"/g ],
        [ 'approved', 'refused', 'approved' ], 'what reviewers decide');
    like($said, qr/^未缴费\n.*"result_code":"9000".*\norder: 已付款\n已付款\n/m,
        'paid, and known to be');
    like($said, qr/^tour-\d+, round \d+: seated 1, .*\nas this round saw it, 1 person was/m,
        'a seat');
    like($said, qr/^ 姓 +名 +张伟 /m, 'whose ticket it is') or diag($said);
    like($said, qr/^ +准考证号 +6326010100101$/m, 'and its number');
    is_deeply([ $said =~ /"verdict":"(\w+)"/g ], [ 'genuine' ],
        'the door takes it');
    like($said, qr/^again: 有效，但已有人入场\nchanged: 伪造\n/m,
        'once, and no other');
    like($said, qr/^"reasons":\["所学专业.*"note":"请选择与专业相符的职位"$/m,
        'why it was refused');
    like($said, qr/"version":6\}\n未缴费\n(?:"title".*\n)*"title":"审核不通过"/,
        'approved in the end, and told of each step') or diag($said);
    return;
}

# The chapter of its own.
sub family {
    my ($said) = @_;

    like($said, qr/^consent_required\n\{"opened_at":[^\n]*"created":true\}$/m,
        'a code wants its consent') or diag($said);
    is_deeply([ $said =~ /^\{"binding_id":.*"proof":"(\w+)"/mg ],
        [ 'pledge', 'face', 'face' ], 'bound, as their ages want it');
    is_deeply([ $said =~ m{"pointer":"/\w+","code":"(\w+)"}g ],
        [ qw(kinship_age kinship_relation_unknown id_number_checksum
            kinship_duplicate kinship_oneself) ], 'wrong: all at once');
    like($said, qr/"detail":"暂时只支持绑定16岁以下及60岁以上的亲属"\n.*
        "detail":"请输入正确的身份证。/xs, 'in the words of the notice');
    like($said, qr/^姓名与身份证号不一致.*\n(?:counter\n){5}
        每个用户最多可为8名家人申领亲属码/mx,
        'a name that does not match, the ninth relative');
    like($said, qr/^张伟:\ face\n李晓红:\ face\n王秀英:\ 这位亲属已被3位用户绑定/mx,
        'three guardians');
    is(scalar(() = $said =~ /"relation":"\w+","provisional":\w+,
        "unbind_possible_at":"[^"]*","kept":true/gx), 8, 'eight are listed');
    like($said, qr/"kind":"kin",[^\n]*"form":"sheet","label":"亲属码",
        "band":"striped_green"/x, 'not drawn as an own code');
    is_deeply([ $said =~ /"verdict":"(\w+)"/g ],
        [ qw(genuine not_here genuine) ], 'scanned: not at a station');
    like($said, qr/^genuine\n\{"sheet_id"/m, 'where an own code may be');
    like($said, qr/^4\ codes,\ the\ same/mx, 'paper for the family');
    is_deeply([ $said =~ /^verdict: .* \((\w+)\)$/mg ],
        [ qw(ok forged ok revoked) ], 'verified without a network');
    like($said, qr/^已失效\n/m, 'revoked at once for who asks');
    return sampled($said);
}

sub sampled {
    my ($said) = @_;
    my ($tests) = $said =~ /^(\{"own":.*)$/m;

    is_deeply([ $said =~ /"seat":(\d)/g ], [ 1, 2, 3, 1, 1 ],
        'live codes and paper in a tube') or diag($said);
    like($said, qr/"state":"sealed".*\n这支管已经封管/, 'until it is sealed');
    is_deeply([ $said =~ /"outcome":"(\w+)"/g ], [ qw(told unknown_tube told told) ],
        'results by tube');
    like($said, qr/^"colour":"yellow",.*待复核/m, 'of a mixed positive');
    like($said, qr/^此人[^\n]*不能混采/m, 'who is to come alone');
    is_deeply([ ($tests // '') =~ /"recheck":(\w+)/g ],
        [ 'true', ('false') x 8 ],
        'a single negative ends it, for that one') or diag($said);
    like($said, qr/"code":"kinship_unbind_early".*"possible_at":
        .*"ended":true/xs, '24 hours');
    like($said, qr/"role":"guardian".*"role":"sampler".*"role":"door"/s, 'who looked');
    return;
}

sub tour {
    my ($n) = @_;

    $demo->staff($n, $faces ? qw(reviewer door counter sampler laboratory)
                            : ());
    my ($status, $said) = $demo->run($script);

    is($status, 0, 'it runs') or diag($said);
    is_deeply([ $said =~ /^(\S+): complete$/mg ], [ $demo->names ],
        'everybody arrives') or diag($said);
    if ($faces) {
        my ($exam, $family) = split /^(?=consent_required)/m, $said, 2;

        photos($exam);
        registration($exam);
        family($family // '');
    }
    return [ $said =~ /^next: (\w+)$/mg ];
}

# A photo waits for its comparison, and its owner goes on.
my @end = $faces ? qw(photo exam) : 'exam';
is_deeply(tour(2), [ 'face', @end, qw(authorise identity face password), @end,
    qw(password identity face), @end, 'face', @end ], 'by these steps');

# Who comes again is there at once, but for a photo that staff have passed
# meanwhile.
is_deeply([ grep { $_ ne 'photo' } @{ tour(3) } ], [ ('exam') x 4 ],
    'who comes again is there at once');

finish();
